//! What the sides convert.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An order of some items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "pyo3",
    derive(pyo3::FromPyObject, pyo3::IntoPyObject, pyo3::IntoPyObjectRef)
)]
#[cfg_attr(feature = "pyo3", pyo3(from_item_all))]
pub struct Order {
    /// Who ordered.
    pub customer: String,
    /// Which of their orders.
    pub number: i64,
    /// What they ordered.
    pub items: Vec<Item>,
}

/// An item: two strings, two floats, two lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "pyo3",
    derive(pyo3::FromPyObject, pyo3::IntoPyObject, pyo3::IntoPyObjectRef)
)]
#[cfg_attr(feature = "pyo3", pyo3(from_item_all))]
pub struct Item {
    /// The article.
    pub name: String,
    /// What is written with it.
    pub description: String,
    /// The price of one.
    pub price: f64,
    /// The weight of one.
    pub weight: f64,
    /// The shelves where it is found.
    pub shelves: Vec<String>,
    /// The discounts that apply, one after the other.
    pub discounts: Vec<f64>,
}

impl Order {
    /// An order of that many items.
    pub fn new(items: usize) -> Order {
        let item = |n: usize| Item {
            name: format!("article {n}"),
            description: format!("the {n}th thing in a long list, with a blue lid"),
            price: 0.99 + n as f64,
            weight: 12.5 / (n + 1) as f64,
            shelves: (0..3).map(|shelf| format!("{n}-{shelf}")).collect(),
            discounts: (1..4).map(|part| 1.0 / (part * (n + 1)) as f64).collect(),
        };
        Order {
            customer: "Ada Lovelace".to_owned(),
            number: 1815,
            items: (0..items).map(item).collect(),
        }
    }
}

/// A point, the input of a script.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Point {
    /// To the right.
    pub x: i64,
    /// Up.
    pub y: i64,
}

/// A megabyte of JSON in the shape of citm_catalog, the catalogue of a concert hall that JSON
/// libraries are measured with: maps of ids to names, events, and performances whose prices and seats
/// are nested five deep.
pub fn catalogue() -> Value {
    let mut seed = 1_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let mut id = move || 205_700_000 + random(90_000_000);
    let mut ids = |count: usize| -> Vec<u64> { (0..count).map(|_| id()).collect() };

    let areas = ids(40);
    let names = |ids: &[u64], what: &str| -> Value {
        let name = |id: &u64| (id.to_string(), format!("{what} no. {id}").into());
        Value::Object(ids.iter().map(name).collect())
    };
    let topics = ids(60);
    let categories = ids(70);
    let events = ids(400);
    let event = |(n, id): (usize, &u64)| {
        let event = json!({
            "description": null,
            "id": id,
            "logo": if n % 2 == 0 { json!(format!("/images/UE0AAAAACEKo{n}QAAAAVDSVRN")) } else { Value::Null },
            "name": format!("30th Anniversary Tour, part {n}: Orchestre Philharmonique – Beethoven"),
            "subTopicIds": &topics[n % 40..n % 40 + 4],
            "subjectCode": null,
            "subtitle": null,
            "topicIds": &topics[n % 50..n % 50 + 2],
        });
        (id.to_string(), event)
    };
    let performance = |n: usize| {
        let area = |m: usize| json!({"areaId": areas[(n + m) % areas.len()], "blockIds": []});
        let price = |m: usize| {
            json!({
                "amount": 9_000 + 750 * ((n * m) % 60),
                "audienceSubCategoryId": 337_100_890,
                "seatCategoryId": categories[(n + m) % 70],
            })
        };
        let category = |m: usize| {
            json!({
                "areas": (0..2 + (n + m) % 6).map(area).collect::<Vec<_>>(),
                "seatCategoryId": categories[(n + m) % 70],
            })
        };
        json!({
            "eventId": events[n % events.len()],
            "id": 339_887_544 + n,
            "logo": null,
            "name": null,
            "prices": (0..1 + n % 5).map(price).collect::<Vec<_>>(),
            "seatCategories": (0..1 + n % 7).map(category).collect::<Vec<_>>(),
            "seatMapImage": null,
            "start": 1_372_701_600_000_u64 + n as u64 * 86_400_000,
            "venueCode": "PLEYEL_PLEYEL",
        })
    };
    json!({
        "areaNames": names(&areas, "Arrière-scène"),
        "audienceSubCategoryNames": {"337100890": "Abonné"},
        "blockNames": {},
        "events": Value::Object(events.iter().enumerate().map(event).collect()),
        "performances": (0..1_000).map(performance).collect::<Vec<_>>(),
        "seatCategoryNames": names(&categories, "1ère catégorie"),
        "subjectNames": {},
        "topicNames": names(&topics, "Musique de chambre"),
        "venueNames": {"PLEYEL_PLEYEL": "Salle Pleyel"},
    })
}
