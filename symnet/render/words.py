"""The words around formulas, in every language symnet speaks: the one place where they are written down."""

from symnet.errors import SymnetError

__all__ = ["LANGUAGES", "SECTIONS", "section_name", "words"]

LANGUAGES = ("en", "ru")

# {0}, {1}, … are the names a sentence speaks of.
_WORDS = {
    # headings
    "network": ("The network {0}", "Сеть {0}"),
    "data": ("The data", "Данные"),
    "equations": ("Equations", "Уравнения"),
    "function": ("Network function", "Функция сети"),
    "loss": ("Loss", "Функция потерь"),
    "gradient": ("Gradient", "Градиент"),
    "hessian": ("Second derivatives", "Вторые производные"),
    "values": ("Values", "Значения"),
    "explanation": ("Step by step", "По шагам"),
    "steps": ("Gradient descent", "Градиентный спуск"),
    "step": ("Step", "Шаг"),
    "dropped": ("dropped", "выброшены"),
    "at": ("at", "в точке"),
    "to": ("moves to", "переход в"),
    "findings": ("Findings", "Обнаружено"),
    "removed": ("What dropping {0} removes", "Что убирает исключение {0}"),
    "where": ("where", "где"),
    "flow": ("What flows through {0}", "Что течёт через {0}"),
    # steps forward
    "input": ("{0}: the input of the normalization in {1}", "{0}: вход нормализации в нейроне {1}"),
    "mean": ("{0}: the mean of {1} over objects {2} to {3}", "{0}: среднее {1} по объектам от {2} до {3}"),
    "deviation": (
        "{0}: the standard deviation of {1} over the same objects",
        "{0}: стандартное отклонение {1} по тем же объектам",
    ),
    "normalized": (
        "{0}: subtract the mean {2}, divide by the deviation {3}",
        "{0}: вычитаем среднее {2} и делим на отклонение {3}",
    ),
    "affine": (
        "{0}: the normalized value, scaled and shifted",
        "{0}: нормированное значение растягиваем и сдвигаем",
    ),
    "shift": ("{0}: the normalized value plus a bias", "{0}: нормированное значение со сдвигом"),
    "same": ("{0}: the normalized value itself", "{0}: само нормированное значение"),
    "activation": ("{0}: the activation of the neuron’s input", "{0}: функция активации от входа нейрона"),
    "linear": ("{0}: a weighted sum", "{0}: взвешенная сумма"),
    "neuron": ("{0}: the neuron’s output", "{0}: выход нейрона"),
    "defined": ("{0}: by definition", "{0}: по определению"),
    "average of": ("{0}: a mean", "{0}: среднее"),
    "sum": ("The loss: a sum over the objects", "Функция потерь: сумма по объектам"),
    "average": ("The loss: a mean over the objects", "Функция потерь: среднее по объектам"),
    # steps backward
    "direct": (
        "{0} stands in the loss: differentiate it directly",
        "{0} входит в функцию потерь: дифференцируем её",
    ),
    "chain": ("{0} acts through {1}: chain rule", "{0} действует через {1}: правило цепочки"),
    "chains": (
        "{0} acts through {1}: chain rule, added up over these paths",
        "{0} действует через {1}: правило цепочки, сумма по этим путям",
    ),
    "unused": ("Nothing depends on {0}: its derivative is 0", "От {0} ничего не зависит: производная равна 0"),
    "and": ("and", "и"),
    # steps of a decision
    "compared": ("Is the left side equal to the right one?", "Равна ли левая часть правой?"),
    "written out": ("{0}, written out by these equations", "{0}, расписано по этим уравнениям"),
    "long": (
        "An equality of {0} symbols on the left and {1} on the right, too long to be shown",
        "Равенство из {0} символов слева и {1} справа: слишком длинное, чтобы его показать",
    ),
    "more": ("Equalities compared in the same way: {0} more", "Так же сравнены и другие равенства: ещё {0}"),
    "same form": (
        "Multiplied out and collected into one normal form, both sides are the same",
        "После раскрытия скобок и приведения к нормальной форме обе части совпадают",
    ),
    "same under": (
        "Under the condition the normal forms of both sides are the same",
        "При этом условии нормальные формы обеих частей совпадают",
    ),
    "differs": ("The sides differ: the counterexample shows where", "Части не равны: контрпример показывает, где"),
    "derivative": ("The derivative by {0}", "Производная по {0}"),
    "forward": ("Forward: {0}", "Прямой проход: {0}"),
    "full": ("The whole network; what {0} brings in is red", "Вся сеть; красным — то, что вносит {0}"),
    "smaller": ("Without {0}", "Без {0}"),
    "shares": (
        "{0} falls into parts: directly, {1}, {2}",
        "{0} складывается из частей: напрямую, {1}, {2}",
    ),
    "through mean": ("through the mean {0}", "через среднее {0}"),
    "through deviation": ("through the deviation {0}", "через отклонение {0}"),
    "one step": ("Step {0}", "Шаг {0}"),
    "start": ("The gradient at the start of the step", "Градиент в начале шага"),
    "move": ("Each parameter moves against it, with rate {0}", "Параметры сдвигаются против него с шагом {0}"),
    "after": ("The loss", "Функция потерь"),
    # claims of the lectures
    "lectures": ("What the lectures claim", "Что утверждают лекции"),
    "printed": ("The slide says", "На слайде"),
    "derived": ("Derived", "Выведено"),
    "right": ("It should be", "Должно быть"),
    "condition": ("Under the condition", "При условии"),
    "witness": ("At", "При"),
    "at point": ("at", "при"),
    "with": ("with", "с"),
    "left": ("left", "слева"),
    "right side": ("right", "справа"),
    "reading": ("Read as", "Если читать так"),
    "proved": ("proved", "доказано"),
    "proved-if": ("proved under a condition", "верно при условии"),
    "refuted": ("wrong", "неверно"),
    "ambiguous": ("cannot be read as printed", "в напечатанном виде не читается"),
    "undecided": ("undecided", "не решено"),
    "definition": ("definition", "определение"),
    "empirical": ("empirical", "из опыта"),
    "L8": ("Lecture 8", "Лекция 8"),
    "E3": ("Lecture 3", "Лекция 3"),
    "P4": ("Slides “Посиделка 4”", "Посиделка 4"),
    "W": ("The wiki", "Вики"),
    "V": ("The video", "Видео"),
    "X": ("Contradictions", "Противоречия"),
    "B": ("Beyond the text", "Сверх лекций"),
    # findings, by their kind
    "zero-gradient": (
        "The derivatives by {0} vanish identically.",
        "Производные по {0} тождественно равны нулю.",
    ),
    "sign-only": ("Only the sign of {0} matters.", "Важен только знак {0}."),
    "redundant": (
        "Redundant: {0}.",
        "Избыточны: {0}.",
    ),
    "scale-invariant": (
        "Scaling {0} together by a positive factor changes nothing.",
        "Общее растяжение {0} положительным множителем ничего не меняет.",
    ),
    "degenerate-batch": (
        "Two objects make a degenerate batch: normalized, they are the same whatever the weights are.",
        "Два объекта — вырожденная выборка: после нормализации они одни и те же при любых весах.",
    ),
    "conserved-sum": (
        "The derivatives by the inputs of a normalization add up to zero.",
        "Производные по входам нормализации в сумме дают ноль.",
    ),
    "dead-neuron": ("{0} leads to no output.", "{0} не ведёт ни к одному выходу."),
}

# The sections of `derivations/` in Russian; their own titles are English.
SECTIONS = {
    "Dropout: two neurons": "Дропаут: два нейрона",
    "Normalization inside the network": "Нормализация внутри сети",
    "Batch normalization": "Батч-нормализация",
    "Everything is very complicated: a normalized chain": "Всё очень сложно: цепочка с нормализацией",
    "Activation functions: sigmoid and tanh": "Функции активации: сигмоида и тангенс",
    "Activation functions: ReLU and its relatives": "Функции активации: ReLU и родственники",
    "Xavier and He": "Ксавье и Хе",
    "The wiki on batch normalization": "Вики о батч-нормализации",
    "Initialization": "Инициализация",
    "Regularization": "Регуляризация",
    "Centring and normalization": "Центрирование и нормировка",
    "The comments: layers, batches, linear neurons": "Комментарии: слои, батчи, линейные нейроны",
    "Contradictions between the lectures: conventions": "Противоречия между лекциями: обозначения",
    "Dropout: ensembles and masks": "Дропаут: ансамбли и маски",
    "Fine tuning of the normalization": "Тонкая настройка нормализации",
    "Backpropagation": "Обратное распространение ошибки",
    "Normalization by mini-batches": "Нормализация по мини-батчам",
    "Other heuristics": "Другие эвристики",
    "The video and its comments": "Видео и комментарии к нему",
    "Dropout as an ensemble": "Дропаут как ансамбль",
    "Feed-forward networks": "Сети прямого распространения",
    "Dropout on the input layer": "Дропаут на входном слое",
    "Use of batch normalization": "Применение батч-нормализации",
    "Dropout": "Дропаут",
    "Beyond the text: dropout": "Сверх лекций: дропаут",
    "Beyond the text: normalization": "Сверх лекций: нормализация",
    "Beyond the text: training": "Сверх лекций: обучение",
    "Adaptive methods": "Адаптивные методы",
    "Activations": "Функции активации",
    "Overfitting": "Переобучение",
    "Convolutional networks": "Свёрточные сети",
    "Weights that start equal": "Одинаковые начальные веса",
    "Gradient descent and its relatives": "Градиентный спуск и родственники",
    "Contradictions between the lectures": "Противоречия между лекциями",
    "Everything is very complicated: the weights of the chain": "Всё очень сложно: веса цепочки",
    "LeNet-5 and AlexNet": "LeNet-5 и AlexNet",
    "Contradictions between the lectures: dropout": "Противоречия между лекциями: дропаут",
}


def section_name(section: str, language: str) -> str:
    """The title of a section of `derivations/` in the language."""
    return SECTIONS.get(section, section) if language == "ru" else section


def words(language: str) -> dict[str, str]:
    """Every word and sentence by its key, in English ("en") or Russian ("ru").

    Raises SymnetError for another language.
    """
    if language not in LANGUAGES:
        raise SymnetError(f"there is no language {language!r}; choose one of {', '.join(LANGUAGES)}")
    column = LANGUAGES.index(language)
    return {key: spoken[column] for key, spoken in _WORDS.items()}
