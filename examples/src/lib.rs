//! Programs to start from: see the folder `examples`.
