"""The words that names are made of besides names: titles, legal forms, particles, spellings.

Small tables on purpose: each one was put here because pairs of real names needed it.
"""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _set(
    "mr mrs ms miss dr prof sir lord lady sheikh shaikh sheik shaykh haji hajji hajj alhaj mullah "
    "mulla maulavi mawlawi maulana sayyid sayid monsieur madame mme senor general gen colonel col "
    "capt captain jr sr"
)
ARTICLES = frozenset(("the", "a", "an", "of", "and"))
PARTICLES = _set(
    "al el ul ur bin ben ibn bint bu abu abou umm de del della di da dos das du la le van von der "
    "den ter ten zu y e i na ould walad"
)
COMMON = _set(
    "mohammad mohammed muhammad mohamed mohamad ahmad ahmed ali abdul abd abdullah abdallah hasan "
    "hassan hussein khan bank company group international industries trading general national "
    "global holdings holding services limited trust center centre first state"
)

# Longest first, so that "joint stock company" is not read as a "company".
LEGAL_FORMS = tuple(
    (written, form)
    for form, writings in {
        "joint stock company": (
            "public joint stock company", "open joint stock company", "closed joint stock company",
            "joint stock company",
            "jsc", "ojsc", "pjsc", "oao", "pao", "zao", "ao",
        ),
        "limited": (
            "limited liability company", "societatea cu raspundere limitata",
            "private limited", "pvt ltd", "co ltd", "limited", "ltd", "llc", "l l c", "ooo", "ltda",
        ),
        "aktiengesellschaft": ("aktiengesellschaft", "ag", "ab", "as", "asa", "oy", "oyj"),
        "gmbh": ("gesellschaft mit beschrankter haftung", "gmbh and co kg", "gmbh", "kg"),
        "corporation": ("incorporated", "corporation", "company", "corp", "inc", "co"),
        "plc": ("public limited company", "plc"),
        "société anonyme": (
            "sociedad anonima", "societe anonyme", "s a de c v", "sa de cv", "sas", "spa", "sa",
        ),
        "sarl": ("sarl", "srl", "sp z oo", "spzoo", "doo", "bv", "nv", "lp", "llp", "na"),
    }.items()
    for written in writings
)  # fmt: skip

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
NUMBERS = (
    {word: str(number) for number, word in enumerate(_UNITS)}
    | {word: str(number) for number, word in enumerate(_ORDINALS, start=1)}
    | {"1st": "1", "2nd": "2", "3rd": "3"}
    | {f"{number}th": str(number) for number in range(4, 100)}
)
LOOKALIKES = str.maketrans("013457", "oieast")

SPELLINGS = (
    ("oesch", "osch"), ("tsch", "ch"), ("tch", "ch"), ("sch", "sh"), ("tz", "ts"), ("kh", "h"),
    ("gh", "g"), ("dh", "d"), ("th", "t"), ("ph", "f"), ("dzh", "j"), ("dj", "j"), ("zh", "j"),
    ("ck", "k"), ("q", "k"), ("ks", "x"), ("cz", "c"), ("ou", "u"), ("oo", "u"), ("ee", "i"),
    ("ae", "a"), ("oe", "o"), ("ue", "u"), ("ei", "e"), ("ai", "e"), ("ay", "e"), ("ey", "e"),
    ("iy", "i"), ("yi", "i"), ("ij", "i"), ("y", "i"), ("w", "v"), ("j", "i"), ("c", "k"),
    ("z", "s"),
)  # fmt: skip
"""Written → heard, in this order. For comparison only: coarse, and that is the point."""

NICKNAMES = {
    "ben": ("benjamin",), "bill": ("william",), "bob": ("robert",), "dick": ("richard",),
    "ed": ("edward", "edwin"), "jim": ("james",), "joe": ("joseph",), "kate": ("katherine",),
    "liz": ("elizabeth",), "mike": ("michael",), "nick": ("nicholas", "nikolai"),
    "sasha": ("alexander", "aleksandr"), "ted": ("theodore", "edward"), "tom": ("thomas",),
    "tony": ("anthony",), "vova": ("vladimir",), "dima": ("dmitry",),
}  # fmt: skip

VOWELLESS_SCRIPTS = frozenset(("ARABIC", "HEBREW", "SYRIAC", "THAI", "LAO", "KHMER", "THAANA"))

# Korean family names, then Japanese ones: transliteration reads Han characters as Chinese.
FAMILY_NAMES = {
    "김": "kim", "이": "lee", "박": "park", "최": "choi", "정": "jung", "강": "kang", "조": "cho",
    "윤": "yoon", "장": "jang", "임": "lim", "한": "han", "오": "oh", "서": "seo", "신": "shin",
    "권": "kwon", "황": "hwang", "안": "ahn", "송": "song", "류": "ryu", "유": "yoo", "홍": "hong",
    "문": "moon", "노": "roh", "백": "baek", "허": "heo", "남": "nam", "심": "shim",
    "佐藤": "sato", "鈴木": "suzuki", "高橋": "takahashi", "田中": "tanaka", "伊藤": "ito",
    "渡辺": "watanabe", "山本": "yamamoto", "中村": "nakamura", "小林": "kobayashi",
    "加藤": "kato", "吉田": "yoshida", "山田": "yamada", "佐々": "sasa", "山口": "yamaguchi",
    "松本": "matsumoto", "井上": "inoue", "木村": "kimura", "斎藤": "saito", "清水": "shimizu",
    "山崎": "yamazaki", "安倍": "abe", "岸田": "kishida", "石破": "ishiba", "菅原": "sugawara",
}  # fmt: skip
GIVEN_NAMES = {
    "太郎": "taro", "一郎": "ichiro", "次郎": "jiro", "晋三": "shinzo", "花子": "hanako",
    "은": "un", "영": "young", "성": "sung", "현": "hyun", "준": "joon", "정": "jung",
    "철": "chol", "희": "hee", "호": "ho", "민": "min", "수": "soo",
}  # fmt: skip
