"""One name for all addresses of a page: `canonical_url`.

Two pages under one name would lose one of them, while two names of one page cost nothing (their texts are compared
next): where a part of an address may choose what is shown, it stays. Percent-encoding, dot segments and the order of
parameters are w3lib's; hosts are `mathmill.data.domains`'s; the rest are the tables of this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mathmill.data.domains import host_of, registered_domain

_LONGEST = 8192  # characters; a longer address is no page's that anybody links to, and its own name
_ROUNDS = 16

_ADDRESS = re.compile(r"(?:https?:)?[/\\]{2}(?P<authority>[^/\\?#]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_REST = re.compile(r"(?P<path>[^?#]*)(?P<tail>.*)", re.DOTALL)
_PORT = re.compile(r".*:0*([0-9]+)", re.DOTALL)
_PASSED_OVER = str.maketrans("", "", "\t\r\n")  # by browsers, wherever they stand

# Labels of a host below the registered domain that lead to the same pages in another dress. Not `mobile`: portals
# have sections on telephones there.
_DRESSES = frozenset(("www", "m", "amp"))
_BLOGSPOT = re.compile(r"([a-z0-9\-]+)\.blogspot\.[a-z]{2,3}(?:\.[a-z]{2})?$")  # a blog has a host in every country
_ARXIV = re.compile(r"(?:export|lanl|xxx|[a-z]{2})\.arxiv\.org|xxx\.lanl\.gov")  # mirrors

# An address within the path of a keeper of copies: behind a time (Wayback and those that run its software), behind
# anything on the Wayback Machine, and in caches of AMP pages.
_COPY = re.compile(r"/[0-9]{14}(?:[a-z]{2}_)?/+(https?:/+)", re.IGNORECASE)
_WAYBACK = re.compile(r"/web/(?:[0-9*]{1,14}(?:[a-z]{2}_)?/+)?(https?:/+)", re.IGNORECASE)
_CACHE = {"cdn.ampproject.org": re.compile(r"/[cv](?:/s)?/+"), "google": re.compile(r"/amp(?:/s)?/+")}
_GOOGLE = re.compile(r"google\.(?:com|[a-z]{2}|com?\.[a-z]{2})")

# Parameters that tell where a visitor came from, by name.
_TRACKING = re.compile(
    r"utm_.*|hsa_.*|mtm_.*|piwik_.*|matomo_.*|depth_[0-9]+-utm_.*|"
    r"(?:ga|itm|pk|at)_(?:source|medium|campaign|content|term|kwd|keyword|cid|creation|variant|format|link)|"
    r"fbclid|fb_(?:action_ids|action_types|ref|source)|[dg]clid|gclsrc|gad_(?:source|campaignid)|[gw]braid|msclkid|"
    r"yclid|ysclid|ymclid|twclid|ttclid|li_fat_id|igshid|igsh|epik|srsltid|wickedid|rb_clickid|s_kwcid|ef_id|"
    r"mc_[ce]id|mkt_tok|oly_(?:anon|enc)_id|vero_(?:id|conv)|_ga|_gl|_hsenc|_hsmi|__hs(?:fp|sc|tc)|hsctatracking|"
    r"_openstat|xtor|ref_src|ref_url|replytocom|showcomment|useformat|mobileaction",
    re.IGNORECASE,
)
# The same by name and value: these names serve for other things too.
_REFERRER = re.compile(r"ref|refer|referr?er|referral|via", re.IGNORECASE)
_REFERRING = re.compile(r"from|source|src|share", re.IGNORECASE)  # these may choose what is reported, of any site
_PLACES = re.compile(
    r"banner|email|facebook|fb|feed|feedburner|footer|google|hackernews|header|hn|home|homepage|instagram|linkedin|"
    r"logo|mail|menu|nav|navbar|newsletter|pinterest|producthunt|reddit|rss|share|sharing|sidebar|telegram|tumblr|"
    r"twitter|weibo|weixin|wechat|whatsapp",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[a-z0-9\-]+\.)+(?:com|org|net|io)", re.IGNORECASE)
_SPM = re.compile(r"[0-9a-z]+(?:\.[0-9a-z_\-]*){2,}", re.IGNORECASE)  # places in shops and blogs of Alibaba, CSDN
_SCRIPT = re.compile(r"\.(?:php[0-9]?|aspx?|jspx?|cgi|cfm|pl|do)$", re.IGNORECASE)

# Sessions: by names that nothing else has, or by a general name whose value is a token.
_SESSION = re.compile(r"phpsessid|jsessionid|aspsessionid[a-z]*|oscsid|zenid|cftoken", re.IGNORECASE)
_MAY_BE_SESSION = re.compile(r"sid|sess|session|session_?id|sess_?id|_?sid|cfid", re.IGNORECASE)
_TOKEN = re.compile(  # no word, nor words and a year, that somebody may have named something by
    r"(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{16,}|(?=[a-z]*[0-9])(?=[0-9]*[a-z])[0-9a-z]{26,}|"
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
# The only sessions named `s`, PHP's: others search by it.
_PHP_TOKEN = re.compile(r"(?=[a-v]*[0-9])(?=[0-9]*[a-v])(?:[0-9a-f]{32}|[0-9a-v]{26})")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*|/\([A-Z]\([a-z0-9]{16,}\)\)(?=/)", re.IGNORECASE)

# The same page in another dress, by name and value.
_YES = frozenset(("", "1", "true", "yes"))
_DRESSED = {
    "amp": _YES | {"amp"},
    "print": _YES,
    "printable": _YES,
    "printer_friendly": _YES,
    "view": frozenset(("print",)),
    "outputtype": frozenset(("amp",)),
}
_BLOGGER = re.compile(r"/[0-9]{4}/[0-9]{2}/[^/]+\.html")  # its `m=1` is the dress for telephones

_INDEX = re.compile(
    r"/(?:index\.(?:[xs]?html?|php[0-9]?|aspx?|jspx?|cfm|cgi)|default\.(?:aspx?|html?))$", re.IGNORECASE
)
_SLASHES = re.compile(r"/{2,}")
_FILE = re.compile(r"[^/]\.(?:[xs]?html?|php|aspx?)$", re.IGNORECASE)
_DATED = re.compile(r"/[0-9]{4}/[0-9]{2}/[^/]")
_DOT_AMP = re.compile(r"(?<=[^/])\.amp(\.html?)?$")


@dataclass(frozen=True, slots=True)
class _Site:
    """Pages of a kind of site that have a number: of a matching path only `named` is left, and some parameters."""

    hosts: re.Pattern[str]
    path: re.Pattern[str]
    named: str
    parameters: frozenset[str] | None = frozenset()  # that choose a page; None: all do


_EXCHANGE = re.compile(
    r"(?:.+\.)?stackexchange\.com|(?:.+\.)?stackoverflow\.com|(?:meta\.)?(?:mathoverflow\.net|superuser\.com|"
    r"serverfault\.com|askubuntu\.com)|stackapps\.com"
)
_SITES = (
    _Site(_EXCHANGE, re.compile(r"/(?:questions|q)/([0-9]+)(?:/.*)?"), r"/questions/\1", frozenset(("page",))),
    _Site(_EXCHANGE, re.compile(r"/a/([0-9]+)(?:/[0-9]*)?"), r"/a/\1"),
    _Site(re.compile(r"artofproblemsolving\.com"), re.compile(r"/community/[a-z][0-9]+h([0-9]+).*"), r"/community/h\1"),
    _Site(re.compile(r"blog\.csdn\.net"), re.compile(r"(/[^/]+/article/details/[0-9]+)"), r"\1"),
    # XenForo: the words before a thread's number are its title, and change with it.
    _Site(
        re.compile(r".*"),
        re.compile(r"((?:/[^/]+)?/threads)/[^/_.]+\.([0-9]{4,})((?:/page-[0-9]+)?)"),
        r"\1/\2\3",
        None,
    ),
)


def canonical_url(url: str) -> str:
    """The name of the page at an address of the web; what is no such address is its own name, without outer spaces.

    The name looks like an address with `https`, of which nothing is promised but that it is the same for the same page:
    it need not lead anywhere. `canonical_url(canonical_url(url)) == canonical_url(url)`. Nothing is raised, whatever
    `url` is. Time is linear in its length, which is bounded: addresses of more than 8,192 characters stay as they are.
    """
    url = name = url.strip()
    for _ in range(_ROUNDS):
        last, name = name, _nearer(name)
        if name == last:
            return name
    return url  # what never settles is made up


def _nearer(url: str) -> str:
    """The name of a page, or what is nearer to it: what one rule leaves may be another's case."""
    found = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
    host = _host(url) if found else ""
    if found is None or not host:
        return url
    path, query, fragment = _normal(found["rest"])
    inner = _kept_copy(host, path)
    if inner is not None:
        return inner + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    name = _named(host + _port(found["authority"]), host, path, query)
    return name + (f"#{fragment}" if fragment[:1] in ("!", "/") and len(fragment) > 1 else "")


def _host(url: str) -> str:
    """The host without labels of dress, and in the one form of hosts that have several; "" if there is none."""
    host = host_of(url)
    domain = registered_domain(url)
    below = host.removesuffix(domain)
    if below:
        host = "".join(f"{label}." for label in below.split(".")[:-1] if label not in _DRESSES) + domain
    if _ARXIV.fullmatch(host):
        return "arxiv.org"
    return _BLOGSPOT.sub(r"\1.blogspot.com", host) if ".blogspot." in host else host


def _port(authority: str) -> str:
    """`:PORT`, if it is none of the two that servers of pages have."""
    found = _PORT.fullmatch(authority.rpartition("@")[2].translate(_PASSED_OVER).rpartition("]")[2])
    return f":{found[1]}" if found and found[1] not in ("80", "443") else ""


def _normal(rest: str) -> tuple[str, str, str]:
    """Path, query and fragment in the normal form of w3lib; the path begins with a slash and has no empty segment."""
    from w3lib.url import canonicalize_url

    found = _REST.fullmatch(rest.translate(_PASSED_OVER).encode("utf-8", "replace").decode())
    assert found is not None  # whatever it is
    path = _SLASHES.sub("/", "/" + found["path"].replace("\\", "/"))
    normal = canonicalize_url(f"http://host{path}{found['tail']}", keep_fragments=True)
    address, _, fragment = normal.partition("#")
    path, _, query = address.removeprefix("http://host").partition("?")
    return path, query, fragment


def _kept_copy(host: str, path: str) -> str | None:
    """The address whose copy is kept at a path, without its query; the innermost where copies are of copies."""
    copies = list(_COPY.finditer(path))
    found = copies[-1] if copies else None
    if found is None and host == "web.archive.org":
        found = _WAYBACK.match(path)
    if found is not None:
        return found[1].rstrip("/") + "//" + path[found.end() :]
    kind = "google" if _GOOGLE.fullmatch(host) else "cdn.ampproject.org" if host.endswith(".ampproject.org") else ""
    prefix = _CACHE[kind].match(path) if kind else None
    if prefix is None or "." not in path[prefix.end() :].partition("/")[0]:
        return None
    return f"https://{path[prefix.end() :]}"


def _named(authority: str, host: str, path: str, query: str) -> str:
    """The name of a page from the normal parts of its address."""
    parameters = [each for each in query.split("&") if each and not _is_idle(*each.split("=", 1))]
    # Of a script that is told nothing else, `ref=home` may choose the page.
    if not _SCRIPT.search(path) or len(parameters) > 1:
        parameters = [each for each in parameters if not _tells_a_place(*each.split("=", 1))]
    path = _plain_path(path, bool(parameters) and _tells_a_place(*parameters[0].split("=", 1)))
    for site in _SITES:
        found = site.path.fullmatch(path) if site.hosts.fullmatch(host) else None
        if found is not None:
            path = found.expand(site.named)
            if site.parameters is not None:
                parameters = [each for each in parameters if each.partition("=")[0] in site.parameters]
            break
    query = "&".join(_by_software(path, host, parameters))
    return f"https://{authority}{path or '/'}" + (f"?{query}" if query else "")


def _plain_path(path: str, with_index: bool) -> str:
    """A path without session, dress, last slash and, but `with_index`, index file."""
    for _ in range(_ROUNDS):  # each turn shortens it by a segment or part of one; what needs more is made up
        before = path
        path = _SLASHES.sub("/", _PATH_SESSION.sub("", path)).rstrip("/")
        path = _DOT_AMP.sub(r"\1", path if with_index else _INDEX.sub("", path))
        if path.endswith("/amp") and _is_article(path[:-4]):
            path = path[:-4]
        if path == before:
            break
    return path


def _by_software(path: str, host: str, parameters: list[str]) -> list[str]:
    """Parameters without those that are idle in what some software gives alone."""
    if path.endswith("/viewtopic.php") and any(each.startswith(("t=", "p=")) for each in parameters):
        return [each for each in parameters if not each.startswith(("f=", "hilit="))]  # phpBB: the forum of a thread
    if host.endswith(".blogspot.com") or _BLOGGER.fullmatch(path):
        return [each for each in parameters if each not in ("m=0", "m=1")]
    return parameters


def _is_article(path: str) -> bool:
    """Whether a path is an article's own, so that `amp` behind it is a dress; elsewhere a page may be about amp."""
    return path.rpartition("/")[2].count("-") > 1 or bool(_FILE.search(path)) or bool(_DATED.search(path))


def _is_idle(name: str, value: str = "") -> bool:
    """Whether a parameter tracks, holds a session or asks for another dress."""
    if _TRACKING.fullmatch(name) or _SESSION.fullmatch(name):
        return True
    if _MAY_BE_SESSION.fullmatch(name) and _TOKEN.fullmatch(value):
        return True
    if name == "s" and _PHP_TOKEN.fullmatch(value):
        return True
    if name.lower() == "spm" and _SPM.fullmatch(value):
        return True
    return value.lower() in _DRESSED.get(name.lower(), ())


def _tells_a_place(name: str, value: str = "") -> bool:
    """Whether a parameter names the place that a link stood at."""
    if _REFERRER.fullmatch(name):
        return bool(_PLACES.fullmatch(value) or _HOST.fullmatch(value))
    return bool(_REFERRING.fullmatch(name) and _PLACES.fullmatch(value))
