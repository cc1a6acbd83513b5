"""Invented people: common given and family names by country, drawn by a seed."""

from dataclasses import dataclass
from datetime import date
from random import Random

GIVEN = {
    "AT": "Lukas Anna Maximilian Sophie Felix Marie Jakob Lena",
    "DE": "Jonas Hannah Leon Mia Paul Emma Ben Clara",
    "CY": "Andreas Maria Giorgos Eleni Christos Despina Marios Sofia",
    "GR": "Nikos Katerina Dimitris Ioanna Kostas Vasiliki Yannis Anastasia",
    "ES": "Carlos Lucia Javier Carmen Pablo Marta Diego Elena",
    "IT": "Marco Giulia Luca Chiara Matteo Francesca Andrea Sara",
    "FR": "Louis Camille Hugo Manon Jules Alice Arthur Louise",
    "PL": "Jakub Zofia Mateusz Julia Szymon Hanna Piotr Ewa",
    "NL": "Daan Lotte Sem Fleur Bram Anouk Ruben Iris",
    "PT": "Tiago Ines Rui Joana Miguel Beatriz Nuno Catarina",
    "SE": "Erik Astrid Oskar Freja Nils Elsa Axel Maja",
    "GB": "Oliver Amelia Harry Isla Gareth Harriet Desmond Siobhan",
    "ZA": "Thabo Lerato Sipho Naledi Pieter Anneke Bongani Zanele",
    "NG": "Chidi Amara Olumide Ngozi Emeka Folake Tunde Adaeze",
    "KE": "Kamau Wanjiru Otieno Achieng Mwangi Njeri Kiprono Wambui",
    "IN": "Arjun Priyanka Rohan Ananya Vikram Kavya Aditya Meera",
    "VN": "Minh Ha Tuan Linh Duc Mai Quang Thao",
    "ID": "Budi Siti Agus Dewi Rizky Putri Hendra Wulan",
    "BR": "Joao Maria Pedro Ana Rafael Camila Thiago Leticia",
    "MX": "Jose Guadalupe Luis Fernanda Miguel Daniela Jorge Valeria",
    "AE": "Omar Fatima Khalid Aisha Rashid Mariam Saeed Layla",
}
FAMILY = {
    "AT": "Brandtner Gruber Huber Steiner Moser Hofer Leitner Pichler",
    "DE": "Schmidt Weber Fischer Becker Hoffmann Schulz Koch Richter",
    "CY": "Kyriakou Georgiou Charalambous Ioannou Loizou Christodoulou Savva Antoniou",
    "GR": "Papadopoulos Nikolaidis Georgakis Vlachos Makris Kontos Alexiou Samaras",
    "ES": "Serrat Navarro Molina Quintana Ortega Delgado Castro Vidal",
    "IT": "Bianchi Conti Ricci Marino Greco Gallo Costa Fontana",
    "FR": "Moreau Laurent Fontaine Rousseau Mercier Blanc Garnier Faure",
    "PL": "Wrona Kowalczyk Zielinski Wozniak Kaminski Mazur Krawczyk Dudek",
    "NL": "Vermeer Bakker Visser Smit Mulder Dekker Vos Hendriks",
    "PT": "Pinto Ferreira Caldeira Carvalho Sousa Teixeira Moreira Tavares",
    "SE": "Lindgren Nyberg Sandberg Wallin Ekstrom Holm Berglund Hedlund",
    "GB": "Sowerby Ashworth Devlin Pritchard Achterberg Fielding Hartley Winslow",
    "ZA": "Dlamini Nkosi Botha Mokoena Venter Khumalo Naidoo Zulu",
    "NG": "Okonkwo Bankole Adeyemi Eze Balogun Nwosu Okafor Lawal",
    "KE": "Kariuki Odhiambo Mutua Chebet Waweru Omondi Njoroge Koech",
    "IN": "Raghavan Sharma Iyer Patel Reddy Menon Kulkarni Banerjee",
    "VN": "Nguyen Tran Pham Hoang Vu Dang Bui Do",
    "ID": "Santoso Wijaya Hidayat Saputra Kusuma Nugroho Setiawan Lestari",
    "BR": "Silveira Almeida Barbosa Cardoso Nogueira Ribeiro Machado Pires",
    "MX": "Hernandez Ramirez Fuentes Salazar Cervantes Ibarra Pacheco Rosales",
    "AE": "Mansoor Haddad Nasser Farouk Suleiman Rahman Qasim Darwish",
}
BY_ENTITY = {
    "CY": ["AT", "DE", "CY", "GR", "ES", "IT", "FR", "PL", "NL", "PT", "SE"],
    "UK": ["GB"],
    "SC": ["ZA", "NG", "KE", "IN", "VN", "ID", "BR", "MX", "AE"],
}
STREETS = ["Harbour", "Linden", "Station", "Garden", "Mill", "Church", "Market", "River"]


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist."""

    first_name: str
    last_name: str
    country: str
    birth_date: date
    email: str
    phone: str
    address: str
    document_number: str
    sex: str
    expiry_date: date


def person(random: Random, entity: str, number: int) -> Person:
    """One more, different from all others by their number."""
    country = random.choice(BY_ENTITY[entity])
    given = GIVEN[country].split()
    place = random.randrange(len(given))
    first, last = given[place], random.choice(FAMILY[country].split())
    return Person(
        first_name=first,
        last_name=last,
        country=country,
        birth_date=date(random.randint(1958, 2003), random.randint(1, 12), random.randint(1, 28)),
        email=f"{first}.{last}.{number}@example.com".lower(),
        phone=f"+{random.randint(30, 49)} {random.randint(10**8, 10**9 - 1)}",
        address=f"{random.randint(1, 180)} {random.choice(STREETS)} Street",
        document_number=f"{random.choice('PKLMN')}{random.randint(10**7, 10**8 - 1)}",
        sex="M" if place % 2 == 0 else "F",
        expiry_date=date(random.randint(2028, 2034), random.randint(1, 12), random.randint(1, 28)),
    )
