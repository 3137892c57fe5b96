//! Names that are common in Texas, most frequent first, by the groups among whom they are common.

use model::{PersonName, Sex};

use super::dice::Dice;

/// The groups by which names, languages and race differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Group {
    Hispanic,
    White,
    Black,
    Asian,
    Native,
}

#[rustfmt::skip]
const HISPANIC_FAMILIES: [&str; 72] = [
    "Garcia", "Martinez", "Rodriguez", "Hernandez", "Gonzalez", "Lopez", "Perez", "Sanchez", "Ramirez", "Flores",
    "Torres", "Rivera", "Gomez", "Garza", "Reyes", "Cruz", "Morales", "Gutierrez", "Ortiz", "Ramos", "Mendoza",
    "Ruiz", "Castillo", "Alvarez", "Vasquez", "Jimenez", "Moreno", "Trevino", "Salinas", "Cantu", "Medina", "Guerra",
    "Aguilar", "Vargas", "Castro", "Guzman", "Herrera", "Muñoz", "Rojas", "Vega", "Soto", "Delgado", "Peña", "Rios",
    "Cortez", "Sandoval", "Contreras", "Guerrero", "Estrada", "Villarreal", "Ibarra", "Fuentes", "De La Cruz",
    "De Leon", "De La Garza", "Cavazos", "Longoria", "Zamora", "Luna", "Rosales", "Benavides", "Cisneros", "Escobedo",
    "Montoya", "Ochoa", "Pacheco", "Quintanilla", "Saenz", "Tijerina", "Uribe", "Zapata", "Nuñez",
];

#[rustfmt::skip]
const WHITE_FAMILIES: [&str; 80] = [
    "Smith", "Johnson", "Williams", "Jones", "Brown", "Davis", "Miller", "Wilson", "Moore", "Taylor", "Anderson",
    "Thomas", "Jackson", "White", "Harris", "Martin", "Thompson", "Robinson", "Clark", "Lewis", "Lee", "Walker",
    "Hall", "Allen", "Young", "King", "Wright", "Scott", "Green", "Baker", "Adams", "Nelson", "Hill", "Campbell",
    "Mitchell", "Roberts", "Carter", "Phillips", "Evans", "Turner", "Parker", "Collins", "Edwards", "Stewart",
    "Morris", "Murphy", "Cook", "Rogers", "Morgan", "Cooper", "Peterson", "Reed", "Bailey", "Kelly", "Howard", "Ward",
    "Cox", "Richardson", "Wood", "Watson", "Brooks", "Bennett", "Gray", "James", "Hughes", "Price", "Myers", "Long",
    "Foster", "Sanders", "Ross", "McDonald", "O'Brien", "Schmidt", "Schneider", "Kowalski", "Novak", "Hoffman",
    "St. Clair", "Smith-Jones",
];

#[rustfmt::skip]
const BLACK_FAMILIES: [&str; 32] = [
    "Williams", "Johnson", "Smith", "Jones", "Brown", "Jackson", "Davis", "Thomas", "Harris", "Robinson", "Taylor",
    "Wilson", "Moore", "White", "Lewis", "Walker", "Green", "Washington", "Thompson", "Anderson", "Scott", "Carter",
    "Wright", "Miller", "Hill", "Allen", "Mitchell", "Young", "Banks", "Jefferson", "Okafor", "Adeyemi",
];

#[rustfmt::skip]
const ASIAN_FAMILIES: [&str; 32] = [
    "Nguyen", "Tran", "Patel", "Le", "Kim", "Pham", "Lee", "Chen", "Singh", "Wang", "Khan", "Wong", "Li", "Liu",
    "Shah", "Vu", "Ali", "Park", "Huynh", "Reddy", "Santos", "Reyes", "Kumar", "Zhang", "Yang", "Hoang", "Sharma",
    "Dang", "Ahmed", "Bui", "Do", "Rao",
];

#[rustfmt::skip]
const HISPANIC_GIRLS: [&str; 48] = [
    "Sofia", "Camila", "Isabella", "Mia", "Valentina", "Maria", "Emily", "Ximena", "Victoria", "Daniela", "Natalia",
    "Genesis", "Samantha", "Luna", "Mariana", "Fernanda", "Jocelyn", "Andrea", "Ana", "Valeria", "Guadalupe", "Alexa",
    "Melanie", "Camilla", "Gabriela", "Jimena", "Renata", "Regina", "Paola", "Alejandra", "Leslie", "Ashley", "Diana",
    "Esmeralda", "Itzel", "Julieta", "Karla", "Lucia", "Marisol", "Monserrat", "Perla", "Rocio", "Rosa", "Selena",
    "Ximena Sofia", "Yaretzi", "Zoe", "Elena",
];

#[rustfmt::skip]
const HISPANIC_BOYS: [&str; 48] = [
    "Jose", "Juan", "Luis", "Angel", "Diego", "Mateo", "Jesus", "Carlos", "Sebastian", "Santiago", "Daniel",
    "Alejandro", "David", "Gabriel", "Jorge", "Miguel", "Adrian", "Isaac", "Ivan", "Francisco", "Julian", "Emiliano",
    "Leonardo", "Eduardo", "Fernando", "Ricardo", "Oscar", "Hector", "Javier", "Raul", "Roberto", "Andres", "Omar",
    "Manuel", "Rafael", "Mario", "Cesar", "Ruben", "Sergio", "Marco", "Damian", "Emmanuel", "Joaquin", "Pablo",
    "Rodrigo", "Salvador", "Tomas", "Xavier",
];

#[rustfmt::skip]
const GIRLS: [&str; 64] = [
    "Emma", "Olivia", "Ava", "Charlotte", "Sophia", "Amelia", "Harper", "Evelyn", "Abigail", "Emily", "Elizabeth",
    "Avery", "Ella", "Madison", "Scarlett", "Grace", "Chloe", "Riley", "Lily", "Aria", "Zoey", "Hannah", "Layla",
    "Nora", "Addison", "Aubrey", "Brooklyn", "Savannah", "Claire", "Lucy", "Paisley", "Kennedy", "Caroline", "Anna",
    "Sarah", "Hailey", "Kaylee", "Ruby", "Alice", "Sadie", "Eva", "Allison", "Madelyn", "Piper", "Lydia", "Peyton",
    "Jade", "Reagan", "Taylor", "Katherine", "Rebecca", "Jessica", "Jennifer", "Amanda", "Brittany", "Nicole",
    "Rachel", "Lauren", "Megan", "Stephanie", "Heather", "Amber", "Laura", "Mary",
];

#[rustfmt::skip]
const BOYS: [&str; 64] = [
    "Liam", "Noah", "James", "William", "Benjamin", "Lucas", "Henry", "Alexander", "Mason", "Michael", "Ethan",
    "Jacob", "Logan", "Jackson", "Levi", "Samuel", "John", "Owen", "Wyatt", "Jack", "Luke", "Jayden", "Dylan",
    "Grayson", "Isaac", "Caleb", "Nathan", "Thomas", "Hunter", "Christian", "Joshua", "Andrew", "Lincoln", "Ryan",
    "Eli", "Aaron", "Charles", "Hudson", "Colton", "Cameron", "Austin", "Landon", "Carson", "Easton", "Cooper",
    "Parker", "Robert", "Joseph", "Christopher", "Matthew", "Anthony", "Brandon", "Justin", "Kevin", "Brian", "Jason",
    "Eric", "Jeffrey", "Scott", "Timothy", "Richard", "Mark", "Steven", "Travis",
];

#[rustfmt::skip]
const ASIAN_GIRLS: [&str; 20] = [
    "Anh", "Linh", "Priya", "Mei", "Grace", "Thao", "Anjali", "Chloe", "Jasmine", "Hana", "Aisha", "Lan", "Kavya",
    "Emily", "Michelle", "Sana", "Trang", "Divya", "Vivian", "Amy",
];

#[rustfmt::skip]
const ASIAN_BOYS: [&str; 20] = [
    "Minh", "Kevin", "Arjun", "Daniel", "Wei", "Rohan", "Jason", "Tuan", "Ryan", "Amir", "Vikram", "Andrew", "Huy",
    "Omar", "Nikhil", "Brian", "Jun", "Sanjay", "Eric", "Duc",
];

/// A household's surname.
pub(super) fn family(dice: &mut Dice, group: Group) -> &'static str {
    dice.common(match group {
        Group::Hispanic => &HISPANIC_FAMILIES,
        Group::White | Group::Native => &WHITE_FAMILIES,
        Group::Black => &BLACK_FAMILIES,
        Group::Asian => &ASIAN_FAMILIES,
    })
}

/// A first name.
pub(super) fn given(dice: &mut Dice, group: Group, sex: Sex) -> &'static str {
    let is_girl = sex == Sex::F;
    match (group, is_girl) {
        (Group::Hispanic, true) => dice.common(&HISPANIC_GIRLS),
        (Group::Hispanic, false) => dice.common(&HISPANIC_BOYS),
        (Group::Asian, true) => dice.common(&ASIAN_GIRLS),
        (Group::Asian, false) => dice.common(&ASIAN_BOYS),
        (_, true) => dice.common(&GIRLS),
        (_, false) => dice.common(&BOYS),
    }
}

/// A legal name with or without a second given name.
pub(super) fn legal_name(dice: &mut Dice, group: Group, sex: Sex, family: String) -> PersonName {
    let given = given(dice, group, sex);
    let middle = match dice.below(10) {
        0..=5 => self::given(dice, group, sex),
        6..=7 => &self::given(dice, group, sex)[..1],
        _ => "",
    };
    let middle = if middle == given { "" } else { middle };
    PersonName {
        family,
        given: given.to_owned(),
        middle: middle.to_owned(),
        suffix: String::new(),
        kind: "L".to_owned(),
    }
}
