"""Abbreviations, emoticons, units and the like that the fast splitter knows: a choice of the commonest, by language.

A bar parts the words of an entry that is several.
"""

from __future__ import annotations

EVERYWHERE = (
    "' '' C++ \\t \\n <space> a. b. c. d. e. f. g. h. i. j. k. l. m. n. o. p. q. r. s. t. u. v. w. x. y. z. ä. ö. ü. "
    ":) :-) :)) :-)) (: (-: =) (= :] :-] [: [-: [= =] :} :-} 8) 8-) (-8 ;) ;-) (; (-; :( :-( :(( ): )-: =( :'( :') "
    ":/ :-/ =/ =| :| :-| ]= =[ :1 :P :-P :p :-p :O :-O :o :-o :0 :-0 :() :* :-* :3 :-3 =3 :> :-> :X :-X :x :-x :D :-D "
    ";D =D ^_^ >.< >.> <.< ._. ;_; -_- v.v o_o O_O o.O O.o O.O o.o 0.0 o.0 0.o @_@ <3 </3 (*_*) (-_-) (._.) (>_<) "
    ">:( >:o (o: :o) (^_^)"
)
"""Abbreviations and emoticons that stay whole in every language."""

WHOLE = {
    "en": "and/or w/o o'clock ma'am 'em 'll 're 's 'd a.m. p.m. e.g. i.e. E.g. I.e. E.G. I.E. vs. v.s. co. Co. Corp. "
    "Inc. Ltd. Bros. Dr. Mr. Mrs. Ms. Messrs. Mt. St. Jr. Gen. Gov. Prof. Rep. Rev. Sen. Ph.D. D.C. Adm. Jan. Feb. "
    "Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec. N.C. N.D. N.H. N.J. N.M. N.Y. S.C. Ak. Ala. Ariz. Ark. Calif. "
    "Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass. Md. Mich. Minn. Miss. Mo. Mont. Neb. Nev. "
    "Okla. Ore. Pa. Tenn. Va. Wash. Wis.",
    "fr": "av. janv. févr. avr. juill. sept. oct. nov. déc. apr. Dr. M. Mr. Mme. Mlle. n° d° St. Ste. après-midi "
    "au-delà au-dessus celle-ci celles-ci celui-ci cf. ci-dessous elle-même en-dessous etc. jusque-là lui-même MM. No. "
    "peut-être pp. quelques-uns rendez-vous Vol. aujourd'hui Aujourd'hui",
    "es": "n° °C aprox. dna. dpto. ej. esq. pág. p.ej. Ud. Vd. Uds. Vds. vol. a.C. d.C. apdo. Av. Avda. Cía. Dr. Dra. "
    "EE.UU. etc. fig. Gob. Gral. Ing. J.C. km/h Lic. m.n. núm. P.D. Prof. Profa. S.A. S.L. S.R.L. Sr. Sra. Srta.",
    "it": ".. .... a.C. al. art. Art. artt. att. avv. c/c C.so centro-sinistra check-up Civ. cm. Cod. col. d.C. "
    "distr. E' ecc. e-mail e/o etc. Jr. n° nord-est pag. Proc. prof. sett. s.p.a. ss. St. tel. week-end po' by-pass",
    "de": "Abb. Abk. Abs. Apr. Aug. B.A. Bd. Bsp. Chr. Co. D.C. Dez. Dipl. Dr. Feb. Fr. Hr. Hrsg. II. III. IV. Inc. "
    "Ing. Jan. Jh. Jr. Jul. Jun. Mio. Mo. Mr. Mrd. MwSt. Nov. Nr. Okt. Orig. P.S. Prof. Sep. Sept. So. St. Std. Str. "
    "Tel. Tsd. U.S. U.S.A. Univ. Vol. al. allg. betr. bspw. bzgl. bzw. c/o ca. co. d' d’ s' d.h. dgl. e.V. e.g. "
    "ebd. ehem. eigtl. engl. etc. ev. evtl. frz. geb. ggf. ggfs. i.A. i.d.R. i.e. incl. inkl. insb. jr. lat. "
    "m.E. max. min. mind. nat. o.a. o.g. o.ä. orig. s.o. sog. std. u.U. u.a. u.s.w. usf. usw. uvm. v.Chr. v.a. vgl. "
    "vs. z.B. z.Bsp. z.T. z.Z. z.Zt. z.b. zzgl.",
    "nl": "'n 's 't A.M. B.V. Bijv. Co. Dr. Enz. Etc. Fig. Form. I.v.m. Max. Min. Mr. Nr. Prof. St. a.u.b. afd. afl. "
    "b.v. bijv. blz. bv. bvb. bw. ca. d.i. d.m.v. d.w.z. dd. doc. dr. dhr. e.a. e.d. e.e.a. enz. err. Err. etc. evt. "
    "excl. fig. form. i.p.v. i.v.m. incl. jl. m.a.w. m.b.t. m.b.v. m.i.v. m.n. m.u.v. max. mej. mevr. min. n.a.v. "
    "n.v.t. nl. nr. o.a. o.b.v. o.i.d. o.l.v. o.m. p. p.a. p.m. pag. par. prof. resp. s.v.p. t.a.v. t.b.v. t.g.v. "
    "t.h.v. t.n.v. t.o.v. t/m tel. temp. u.d. v.b. v.d. v.h. vb. vgl. w.o. z.g. zgn. zie.",
    "ru": "а.обл. авг авг. ак. акад. апр апр. г. г.г. гг. гл. д. д-р дек дек. долл. доц. зам. и.о. им. июл июн к. кв. "
    "мкр. наст. нояб нояб. обл. окт окт. п. пер. пл. пос. прим. проф. руб. с. см. сент сент. сокр. ср ср. ст. стр. "
    "т.г. т.д. т.е. т.к. т.н. т.п. тел. тыс. ул. фев февр февр. чел. ш. э.п. янв янв.",
    "pt": "Adm. Art. art. Av. av. Cia. dom. Dr. dr. e.g. E.g. e/ou ed. eng. etc. Fund. Gen. Gov. i.e. I.e. Inc. Jr. "
    "km/h Ltd. Mr. p.m. Ph.D. Rep. Rev. S/A Sen. Sr. sr. Sra. sra. vs. tel. pág. pag.",
}
APART = {
    "en": "can|not Can|not gon|na Gon|na got|ta let|'s Let|'s c'm|on y'|all",
    "es": "pa|l",
    "fr": "J.|-C. est|-ce Est|-ce est|-il",
}
UNITS = (
    "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa Pa "
    "mbar mb MB kb KB gb GB tb TB T G M K км км² м м² м³ дм см мм нм кг г мг м/с км/ч кПа Па мбар Кб КБ кб Мб МБ мб Гб "
    "ГБ гб Тб ТБ тб"
)
"""Behind a digit each is a word."""
ENCLITICS = "ce clés elle en il ils je là moi nous on t vous CE CLÉS ELLE EN IL ILS JE LÀ MOI NOUS ON T VOUS"
PREFIXES = (
    "sous sans non mini double extra mono anti auto ex inter micro multi pré post pseudo semi super contre demi mi "
    "méta hyper haut bas avant arrière vice quasi néo mot porte pop à libre"
)
"""Behind these French words a hyphen does not split."""
