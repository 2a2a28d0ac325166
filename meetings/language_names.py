"""Languages by their own names, as people look for them in a list."""

from collections.abc import Iterable, Mapping
from typing import Final

from meetings.language_tags import ANY, tag_normalise

# Of the Unicode CLDR, which a test compares by way of Babel: to load that here would cost 65 MB for a hundred words.
NAMES: Final[Mapping[str, str]] = {
    "af": "Afrikaans",
    "am": "አማርኛ",
    "ar": "العربية",
    "as": "অসমীয়া",
    "az": "Azərbaycan",
    "ba": "Башҡорт теле",
    "be": "Беларуская",
    "bg": "Български",
    "bn": "বাংলা",
    "bo": "བོད་སྐད་",
    "br": "Brezhoneg",
    "bs": "Bosanski",
    "ca": "Català",
    "cs": "Čeština",
    "cy": "Cymraeg",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "en": "English",
    "es": "Español",
    "et": "Eesti",
    "eu": "Euskara",
    "fa": "فارسی",
    "fi": "Suomi",
    "fil": "Filipino",
    "fo": "Føroyskt",
    "fr": "Français",
    "gl": "Galego",
    "gu": "ગુજરાતી",
    "ha": "Hausa",
    "haw": "ʻŌlelo Hawaiʻi",
    "he": "עברית",
    "hi": "हिन्दी",
    "hr": "Hrvatski",
    "ht": "Kreyòl Ayisyen",
    "hu": "Magyar",
    "hy": "Հայերեն",
    "id": "Indonesia",
    "is": "Íslenska",
    "it": "Italiano",
    "ja": "日本語",
    "jv": "Jawa",
    "ka": "Ქართული",
    "kk": "Қазақ тілі",
    "km": "ខ្មែរ",
    "kn": "ಕನ್ನಡ",
    "ko": "한국어",
    "la": "Latina",
    "lb": "Lëtzebuergesch",
    "ln": "Lingála",
    "lo": "ລາວ",
    "lt": "Lietuvių",
    "lv": "Latviešu",
    "mg": "Malagasy",
    "mi": "Māori",
    "mk": "Македонски",
    "ml": "മലയാളം",
    "mn": "Монгол",
    "mr": "मराठी",
    "ms": "Melayu",
    "mt": "Malti",
    "my": "မြန်မာ",
    "ne": "नेपाली",
    "nl": "Nederlands",
    "nn": "Norsk nynorsk",
    "no": "Norsk",
    "oc": "Occitan",
    "pa": "ਪੰਜਾਬੀ",
    "pl": "Polski",
    "ps": "پښتو",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sa": "संस्कृत भाषा",
    "sd": "سنڌي",
    "si": "සිංහල",
    "sk": "Slovenčina",
    "sl": "Slovenščina",
    "sn": "ChiShona",
    "so": "Soomaali",
    "sq": "Shqip",
    "sr": "Српски",
    "su": "Basa Sunda",
    "sv": "Svenska",
    "sw": "Kiswahili",
    "ta": "தமிழ்",
    "te": "తెలుగు",
    "tg": "Тоҷикӣ",
    "th": "ไทย",
    "tk": "Türkmen dili",
    "tr": "Türkçe",
    "tt": "Татар",
    "uk": "Українська",
    "ur": "اردو",
    "uz": "O‘zbek",
    "vi": "Tiếng Việt",
    "yi": "ייִדיש",
    "yo": "Èdè Yorùbá",
    "zh": "中文",
}


def language_name(tag: str) -> str:
    """The name of the language, with the tag's other parts behind it: "Deutsch (AT)"."""
    language, _, others = tag.partition("-")
    name = NAMES.get(language, language)
    return f"{name} ({others})" if others else name


def languages_offered(codes: Iterable[str], *, also: str = "") -> list[tuple[str, str]]:
    """(tag, name) of what a model's `codes` stand for, by name; with the tag `also`, however special it is."""
    known = tuple(codes)
    tags = {tag for code in known if (tag := tag_normalise(code)) is not None}
    tags |= set(NAMES) if ANY in known else set()
    tags |= {also} - {""}
    return sorted(((tag, language_name(tag)) for tag in tags), key=lambda each: each[1].casefold())
