"""Small word lists of each language: those that tell it, and those that a question can do without. Pure data.

Function words are found in any running text, so they tell its language. Question words are dropped from questions.
The two differ on purpose: BM25's idf weighs function words down by itself, and dropping them too loses questions in
seven of ten languages measured. English drops Lucene's 33 stop words as well, which long questions need.
Written for QABot, keyed by the names of Snowball's stemmers where there is one.
"""

import unicodedata

_FUNCTION_WORDS = {
    "english": """
        a about after all also an and any are as at be been before being but by can could during each for from had has
        have he her him his i if in into is it its may me more most my no not of on or our over s she should so some
        such t than that the their them then there these they this those through to under up us was we were will with
        would you your""",
    "german": """
        aber als am an auch auf aus bei bis da das dass dem den der des die diese dieser durch ein eine einem einen
        einer eines er es für haben hat ich ihr im in ist kann mit nach nicht noch nur oder sein seine sich sie sind so
        um und unter vom von vor war waren werden wird wir wurde wurden zu zum zur über""",
    "spanish": """
        a al ante como con contra de del desde durante el ella ellos en entre era es esta este está fue fueron ha han
        hasta hay la las le les lo los muy más ni no o para pero por que se ser sin sobre son su sus también tiene un
        una uno y ya""",
    "french": """
        a ai au aux avec c ce ces cette comme d dans de des du elle en entre est et eux il ils je l la le les leur lui
        mais même n ne nous on ont ou par pas plus pour qu que qui s sa sans se ses son sont sous sur un une vous à été
        était""",
    "italian": """
        a ad agli ai al alla alle anche c che ci come con d da dal dalla degli dei del della delle di e ed era fra gli
        ha hanno i il in l la le lo loro ma nei nel nella non o per più questa questo se si sono stata stato su sua sul
        sulla suo tra un una uno è""",
    "portuguese": """
        a ao aos as com como da das de do dos e ela ele em entre era essa esse esta este eram foi foram há isso já lhe
        mais mas na nas no nos não o os ou para pela pelas pelo pelos por que se sem ser seu seus sobre sua suas são
        também tem um uma à é""",
    "dutch": """
        aan al als bij dan dat de deze die dit door een en er geen had heeft hem het hij hun ik in is je kan maar meer
        men met na naar niet nog of om onder ook op over te ten tot uit van voor was we wel werd werden wordt worden
        zich zij zijn zo""",
    "romanian": """
        a acest această ai al ale am ar au au avea ca care ce cel cea cei cu că dar de despre din după este era erau
        fi fost fără iar i în într la le lor lui mai nu o pe pentru prin sa sau se sunt și si sale său un una unei unui
        către""",
    "turkish": """
        ama ancak bir bu çok da daha de değil diye en gibi hem her ile için ise kadar ki mi mı mu mü o olan olarak
        oldu olduğu onun sonra şu tarafından ve veya ya üzere""",
    "vietnamese": """
        bởi các có của cũng đã đang được không là mà những nhưng như rằng tại thì theo trên trong từ
        và vào về với vì""",
    "swedish": """
        alla att av blev de den denna det detta dig din efter eller en ett från för ha hade han har hon i icke inte
        jag kan man med men mot mycket ni nu när och om på sig sin ska skulle som till under upp ut var vara vi vid är
        över""",
    "danish": """
        af alle at blev blive da de dem den denne der det dette du efter ej eller en end er et for fra ham han har
        havde hun i ikke ind jeg kan man med men mod ned nu når og også om op over på sig skal som til ud under var ved
        vi""",
    "norwegian": """
        alle at av ble blir da de den denne der det dette du eller en enn er et etter for fra ha hadde han har hun
        i ikke jeg kan man med men mot ned nå når og også om opp over på seg skal som til under ut var ved vi å""",
    "finnish": """
        ei eivät että hän he heidän ja jo joka jos jossa jotka kanssa koska kuin kun mutta myös ne niin niiden noin oli
        olivat olla on ovat se sen sekä siitä sitä tai tämä tämän vain vuonna yli""",
    "polish": """
        ale by był była były być dla do gdy i ich ja jak jako je jego jej jest już które który która lub ma mi na nad
        nie niż o od oraz po pod przez przy się są ta tak także tego tej ten to tym w we z za ze że""",
    "czech": """
        ale ani aby bez byl byla bylo být do i já jako je jeho jejich jen jsou již k která které který ma mezi na nad
        ne nebo než o od po pod podle pro při s se si tak také ten to u v ve však z za ze že""",
    "hungarian": """
        a az egy és hogy nem is ez azt volt meg csak mint de ha már vagy el még kell ezt lehet sem után által között
        pedig minden ki fel amely valamint így""",
    "catalan": """
        a al als amb com d de del dels el els en entre és era es ha han hi i l la les li més no o per però pel pels que
        s se són seu seva també un una va van""",
    "indonesian": """
        ada adalah akan antara atau bahwa bisa dalam dan dapat dari dengan di ia ini itu juga karena ke kepada lebih
        mereka oleh pada para saat sebagai sebuah secara seperti serta telah tersebut tidak untuk yang""",
    "russian": """
        а без более бы был была были было быть в во все вы где для до его ее если есть еще её же за и из или им их к
        как ко когда которые который ли мы на над не него нее нет но о об он она они от по под после при с со так также
        то того только у уже что чтобы это этого этот я""",
    "greek": """
        αλλά αν από αυτή αυτό αυτός για δεν είναι ένα ένας έναν ενώ επίσης ή ήταν η θα και κατά με μετά μια μία μαζί
        μεταξύ να ο οι όπου όπως ότι που προς σε στα στη στην στις στο στον στους τα τη την της τις το τον του τους των
        ως""",
    "arabic": """
        أن أو أي إذا إلى إن التي الذي الذين إلا ان او الى بعد بل بين تلك تم ثم حتى حيث خلال ذلك عام عن عند على غير في
        قبل قد كان كانت كل كما لا لم له لها ما مع من منذ نحو هذا هذه هم هو هي و وقد وكان ولا يتم""",
    "hindi": """
        अपनी अपने अपना इन इस इसके इसी उन उनके उस उसके एक एवं ऐसे और कर करते करना करने कहा का कि किया किसी की कुछ के
        को गई गए गया जब जा जाता जाती जाते जैसे जो तक तथा तो था थी थे दिया द्वारा नहीं ने पर बाद भी में यह या ये रहा रहे
        लिए वह वे साथ से ही हुआ हुई हुए हे है हैं हो होता होती होते""",
}

_QUESTION_WORDS = {
    "english": """
        what when where which who whom whose why how did do does done many much kind sort type name named called whats
        tell give list describe explain please according old long often far
        a an and are as at be but by for if in into is it no not of on or such that the their then there these they
        this to was will with""",
    "german": """
        der die das und in von den dem des im zu mit ein eine
        was wer wen wem wessen wann wo wohin woher warum wieso weshalb wie viele viel welche welcher welches welchen
        welchem wofür womit wodurch worin hieß heißt nennt genannt gibt hatte""",
    "spanish": """
        de la el en y los del las que un una se por con al
        qué quién quiénes cuándo cuál cuáles cuánto cuánta cuántos cuántas dónde cómo adónde porqué llama llamaba hizo
        tipo""",
    "french": """
        de la le les et des du en un une à au aux que
        quoi quel quelle quels quelles quand où combien comment pourquoi lequel laquelle qui que t y appelle fait""",
    "italian": """
        di la il e le dei del della un una in che da lo gli
        cosa chi quando dove quanto quanti quanta quante quale quali qual perché chiama chiamava quanto dov cos com""",
    "portuguese": """
        de o e do da dos das em no na um uma os as que
        quê quem quando onde quanto quantos quanta quantas qual quais porque porquê como chama chamava fez aonde""",
    "dutch": """
        de het een van en in
        wat wie wanneer waar waarom waarvoor hoe hoeveel welk welke wiens waarin heet heette genoemd soort""",
    "romanian": """
        de în și la cu un al din
        cine când unde cum cât câți câte câtă care ce cărui cărei căror cui numește fel tip avut făcut""",
    "turkish": """
        ne neden nedir nerede nereye nereden nasıl niçin niye kim kimdir kimin kime hangi hangisi hangileri kaç kaçı
        nelerdir nedeni midir mıdır mudur zaman oldu""",
    "vietnamese": """
        gì nào ai nhiêu""",
    "swedish": """
        och i en ett att av
        vad vem vems vilka vilken vilket var vart varför hur många mycket när heter kallas""",
    "danish": """
        og i en et at af
        hvad hvem hvis hvilke hvilken hvilket hvor hvorfor hvordan hvornår mange meget hedder kaldes""",
    "norwegian": """
        og i en et at av
        hva hvem hvis hvilke hvilken hvilket hvor hvorfor hvordan når mange mye heter kalles""",
    "finnish": """
        mikä mitä mitkä missä mistä mihin milloin miksi miten kuka kenen ketkä kuinka montako monta paljonko mitkä minä
        millainen""",
    "polish": """
        co kto kogo komu kiedy gdzie dlaczego czemu jak ile ilu czy czyj jaki jaka jakie jakich której którego którym
        nazywa""",
    "czech": """
        co kdo koho komu kdy kde kam proč jak kolik jaký jaká jaké čí zda jmenuje""",
    "hungarian": """
        mi mit mik ki kit kik mikor hol hova honnan miért hogyan mennyi hány melyik milyen""",
    "catalan": """
        de la el els les i en un una del que
        què qui quan quin quina quins quines quant quants quantes on""",
    "indonesian": """
        apa siapa kapan mana dimana mengapa kenapa bagaimana berapa apakah""",
    "russian": """
        кто кого кому кем чего чему чем когда где куда откуда почему зачем сколько какой какая какое какие каким какого
        каких какую каком чей чья называется называют""",
    "greek": """
        τι ποιος ποια ποιο ποιοι ποιες ποιον ποιων ποιους ποιας ποιου πότε πού πώς γιατί πόσο πόσα πόσες πόσοι πόσους
        πόση λέγεται ονομάζεται""",
    "arabic": """
        ماذا متى أين اين كيف كم لماذا لما هل أي أية اي مَن بماذا لمن ممن اسم""",
    "hindi": """
        क्या कौन कब कहाँ कहां क्यों कैसे कितना कितनी कितने किस किसने किसके किसकी किसका किसे कौनसा कौनसी कौनसे किन नाम
        कोन का के की में से को ने पर है हैं था थे थी एक और""",
}


# Scripts without spaces have no words to drop: these strings are cut out of a question's runs instead.
_UNSPACED_QUESTION_STRINGS = """
    是什么 是什麼 为什么 為什麼 什么 什麼 哪里 哪裡 哪个 哪個 哪些 哪种 哪種 哪位 哪年 哪一 多少 如何 怎么样 怎样 怎么
    怎麼 是谁 谁 誰 几个 几年 几月 几日 几次 几种 几位 幾 何时 何時 何地 是否 吗 呢 呀
    ですか ますか でしたか ましたか なに 何が 何年 何人 何個 何時 何 どこ いつ だれ なぜ どの どう どれ
    いくつ いくら とは
    무엇 누구 어디 언제 어떻게 얼마나 어느 어떤 입니까 인가요 인가
    อะไร ใคร เมื่อใด เมื่อไหร่ เมื่อไร ที่ไหน ที่ใด อย่างไร ยังไง เท่าไร เท่าไหร่ เท่าใด ทำไม เพราะเหตุใด กี่ ใด ไหน คือ หรือไม่"""


def _as_tokens(words: str) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFKC", words).casefold().split())


FUNCTION_WORDS: dict[str, frozenset[str]] = {language: _as_tokens(words) for language, words in _FUNCTION_WORDS.items()}

QUESTION_WORDS: dict[str, frozenset[str]] = {language: _as_tokens(words) for language, words in _QUESTION_WORDS.items()}

UNSPACED_QUESTION_STRINGS: tuple[str, ...] = tuple(
    # The longest first, as a pattern's first alternative wins.
    sorted(_as_tokens(_UNSPACED_QUESTION_STRINGS), key=lambda string: (-len(string), string))
)
