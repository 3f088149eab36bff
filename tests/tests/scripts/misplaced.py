# Größe: äöü
name = "Zoë"; größe = "ß" * 3; return größe
