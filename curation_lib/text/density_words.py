"""English word lists of `filters.density`: grammar's words, first person, hedges and filler, promotion, units.

Written for Winnow from general knowledge of English, before any test set was looked at. Two words are a phrase.
"""

from __future__ import annotations

FUNCTION_WORDS = tuple(
    """a about above after again against all along also although am among an and another any anybody anyone anything are
    aren't around as at away back be because been before behind being below between both but by can can't cannot could
    couldn't did didn't do does doesn't doing don't done down during each either else even ever every everybody everyone
    everything except few for from further get gets getting go goes going gone got had hadn't has hasn't have haven't
    having he he'd he'll he's her here hers herself him himself his how however if in instead into is isn't it it's its
    itself just least less let let's like made make makes making many may might more most much must neither never no
    nobody none nor not nothing now of off often on once one only onto or other others otherwise ought out over own per
    put quite rather said same say says see several shall she she'd she'll she's should shouldn't since so some somebody
    someone something such take takes than that that's the their theirs them themselves then there there's therefore
    these they they'd they'll they're they've this those though through thus to together too toward towards under until
    up upon use used uses using very was wasn't way well went were weren't what what's whatever when where whether which
    while who who's whoever whom whose why will with within without won't would wouldn't yet you you'd you'll you're
    you've your yours yourself""".split()
)
FIRST_PERSON_WORDS = tuple(
    """i i'd i'll i'm i've me mine my myself our ours ourselves us we we'd we'll we're we've""".split()
)
_HEDGES = """absolutely actually admittedly almost anyway anyways apparently arguably awfully basically certainly
clearly
    completely definitely essentially evidently fairly frankly generally guess hey hopefully honestly hm hmm huh indeed
    just kinda literally lol lots maybe mostly obviously oh ok okay ones perhaps personally possibly presumably pretty
    probably quite really roughly seemingly seems seriously simply so-called somehow somewhat somewhere sorta stuff
    supposedly supposed surely thankfully thing things totally truly truth ugh uh um unfortunately usually very
    virtually
    well whatever whatsoever wow yeah yep yes yup"""
_HEDGE_PHRASES = """kind of|sort of|a bit|a lot|a little|you know|i mean|i think|i guess|i suppose|i believe|i feel|in
fact|of course|at least|so to|let's face|let me|tell you|thing is|more or|or less|come on|the way|at all|after
all|as well|no doubt|for sure|or so|you see|needless to|in general|looks like|feels like|seems to"""
HEDGE_WORDS = (*_HEDGES.split(), *(" ".join(phrase.split()) for phrase in _HEDGE_PHRASES.split("|")))
PROMOTION_WORDS = tuple(
    """amazing amazingly astonishing attractive award-winning awesome beautiful beautifully best best-in-class blazing
    boost breakthrough breathtaking brilliant buy cheers click community congratulations cool cutting-edge delight
    delighted delightful dream dreams easier easily easy effortless effortlessly elegant empower empowers enjoy epic
    everyone excellent excited exciting exclusive fabulous fantastic fastest favorite favourite follow fresh friendly
    fun
    game-changer game-changing glad gorgeous great greatest groundbreaking grow happy helping hottest huge impressive
    incredible incredibly innovative inspire inspired inspiring intuitive invite join journey leading leverage love
    loved lovely loves magic magical marvelous massive mind-blowing must-have next-generation nice offer outstanding
    passion passionate perfect perfectly phenomenal pleased pleasure popular powerful premium proud proudly remarkable
    revolutionary revolutionize robust seamless seamlessly share sleek smart stunning sponsor subscribe super superb
    superior supercharge terrific thank thanks thrilled thriving top trusted ultimate unbeatable unforgettable unique
    unleash unlock unmatched unparalleled vibrant vision welcome winning wonderful world-class worldwide wow""".split()
)
UNIT_WORDS = tuple(
    """a ah amp amps atm b bar bit bits bps bytes c cal cd cm cm² cm³ d db day days deg degrees dl dm euros f feet ft g
    gb gbit ghz gib grams gw h ha hour hours hp hz inch inches j k kb kbit kcal kg khz kib kj km km/h km² kn kpa kv kw
    kwh l lb lbs light-years litre litres liter liters lm lx m mah mb mbar mbit mev mg mhz mi mib miles min minute
    minutes ml mm mol month months mpa mph ms mv mw mω m² m³ n nm ns ohm oz pa percent ph pixels pounds ppm psi px rpm s
    sec second seconds sq t tb tonnes tons v w week weeks wh yards year years yr °c °f μg μm μs µg µm µs ω""".split()
)
