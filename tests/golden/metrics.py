"""Golden values of metrics, by scikit-learn; where it has none, by the formula that is written out.

Scores are drawn from few values, so that there are ties, which argmax breaks by the first class and
areas take together. A class that does not occur is in every multi-class case with "absent" in its name.
"""

import math
import warnings

import numpy as np
import sklearn
import torch
from sklearn import metrics
from sklearn.exceptions import UndefinedMetricWarning

from common import draw, number, plain, random, write

warnings.simplefilter("ignore", UndefinedMetricWarning)
warnings.simplefilter("ignore", UserWarning)
cases = []


def case(name, metric, inputs, value, classes=None, **options):
    """`value`: a number, or a list of rows for a table."""
    cases.append({
        "name": name,
        "metric": metric,
        "options": options,
        "inputs": {port: plain(x) for port, x in inputs.items()},
        **({} if classes is None else {"classes": classes}),
        **({"table": [[number(float(v)) for v in row] for row in value]} if isinstance(value, list)
           else {"value": number(float(value))}),
    })


def coarse(*shape):
    """Scores of few values, so that some are equal."""
    return torch.randint(-4, 5, shape, generator=random).double() / 2


def some(classes, rows):
    return torch.randint(0, classes, (rows,), generator=random)


def one_hot(labels, classes):
    return torch.nn.functional.one_hot(labels, classes).double()


rows = 40
labels = some(4, rows)
absent = labels.clone()
absent[absent == 2] = 3
multi = {
    "": {"logits": coarse(rows, 4), "labels": labels},
    ", a class absent": {"logits": coarse(rows, 4), "labels": absent},
}
# No row is given class 1, and none has it.
unseen = {"logits": coarse(rows, 4), "labels": absent.clone()}
unseen["logits"][:, 1] = -9
unseen["labels"][unseen["labels"] == 1] = 0
multi[", a class neither given nor there"] = unseen
places = {"logits": coarse(3, 4, 5, 3), "targets": one_hot(some(3, 60), 3).reshape(3, 4, 5, 3)}
yes = some(2, rows)
binary = {
    ", one score": {"logits": coarse(rows, 1), "labels": yes},
    ", one score of one axis": {"logits": coarse(rows), "labels": yes},
    ", two scores": {"logits": coarse(rows, 2), "labels": yes},
}
shares = {"precision": metrics.precision_score, "recall": metrics.recall_score, "fBeta": metrics.f1_score}


def given(logits):
    return logits.argmax(dim=-1) if logits.dim() > 1 and logits.shape[-1] > 1 else (logits.reshape(-1) > 0).long()


def each(function, actual, predicted, classes, **more):
    values = function(actual, predicted, labels=range(classes), average=None, zero_division=0, **more)
    return [[v, (actual == c).sum()] for c, v in enumerate(values)]


for what, inputs in multi.items():
    predicted, actual = given(inputs["logits"]).numpy(), inputs["labels"].numpy()
    for metric, function in shares.items():
        for average in ["macro", "micro", "weighted"]:
            value = function(actual, predicted, average=average, zero_division=0)
            case(f"{metric}, {average}{what}", metric, inputs, value, average=average)
        case(f"{metric} of each class{what}", metric, inputs, each(function, actual, predicted, 4), average="none")
    case(f"fBeta of 2{what}", "fBeta", inputs,
         metrics.fbeta_score(actual, predicted, beta=2, average="macro", zero_division=0), beta=2)
    case(f"accuracy{what}", "accuracy", inputs, metrics.accuracy_score(actual, predicted))
    case(f"meanIoU{what}", "meanIoU", inputs,
         metrics.jaccard_score(actual, predicted, average="macro", zero_division=0))
    case(f"meanIoU of each class{what}", "meanIoU", inputs,
         each(metrics.jaccard_score, actual, predicted, 4), average="none")
    for normalize in ["none", "true", "predicted", "all"]:
        matrix = metrics.confusion_matrix(
            actual, predicted, labels=range(4),
            normalize={"none": None, "true": "true", "predicted": "pred", "all": "all"}[normalize])
        case(f"confusionMatrix, {normalize}{what}", "confusionMatrix", inputs, matrix.tolist(), normalize=normalize)
    logits = inputs["logits"]
    for k in [1, 2, 4]:
        # of equal scores the first count: scikit-learn takes the last, so the columns are turned round
        value = metrics.top_k_accuracy_score(3 - actual, logits.flip(1).numpy(), k=k, labels=range(4))
        case(f"topKAccuracy of {k}{what}", "topKAccuracy", inputs, value, k=k)
    case(f"perplexity{what}", "perplexity", inputs,
         math.exp(metrics.log_loss(actual, torch.softmax(logits, -1).numpy(), labels=range(4))))
    # equal rows are tied; of others log softmax must not be equal, where rounding would decide
    inputs = {"logits": draw(15, 4)[some(15, rows)], "labels": inputs["labels"]}
    logs = torch.log_softmax(inputs["logits"], -1).numpy()
    for metric, function in {"rocAuc": metrics.roc_auc_score, "prAuc": metrics.average_precision_score}.items():
        masks = np.eye(4)[actual]
        # scikit-learn has NaN, or 0 with a warning, where a class is absent: averages leave it out
        there = [c for c in range(4) if 0 < masks[:, c].sum() < len(actual)]
        areas = {c: function(masks[:, c], logs[:, c]) for c in there}
        weights = masks.sum(axis=0)
        case(f"{metric}, macro{what}", metric, inputs, np.mean(list(areas.values())))
        case(f"{metric}, weighted{what}", metric, inputs,
             sum(weights[c] * areas[c] for c in there) / sum(weights[c] for c in there), average="weighted")
        case(f"{metric}, micro{what}", metric, inputs, function(masks.ravel(), logs.ravel()), average="micro")
        undefined = math.nan if metric == "rocAuc" else 0.0
        case(f"{metric} of each class{what}", metric, inputs,
             [[areas.get(c, undefined), weights[c]] for c in range(4)], average="none")

# The averages over classes that all occur are scikit-learn's own.
inputs = {"logits": draw(15, 4)[some(15, rows)], "labels": labels}
probabilities = torch.softmax(inputs["logits"], -1).numpy()
for average in ["macro", "weighted"]:
    case(f"rocAuc, one against the rest, {average}", "rocAuc", inputs,
         metrics.roc_auc_score(inputs["labels"], probabilities, multi_class="ovr", average=average), average=average)

for what, inputs in binary.items():
    logits, actual = inputs["logits"], inputs["labels"].numpy()
    predicted = given(logits).numpy()
    score = (logits[:, 1] - logits[:, 0] if logits.shape[1:] == (2,) else logits.reshape(-1)).numpy()
    for metric, function in shares.items():
        case(f"{metric} of class 1{what}", metric, inputs, function(actual, predicted), classes=2, average="binary")
        case(f"{metric}{what}", metric, inputs, function(actual, predicted, average="macro"), classes=2)
    case(f"accuracy{what}", "accuracy", inputs, metrics.accuracy_score(actual, predicted), classes=2)
    case(f"confusionMatrix{what}", "confusionMatrix", inputs,
         metrics.confusion_matrix(actual, predicted).tolist(), classes=2)
    case(f"rocAuc{what}", "rocAuc", inputs, metrics.roc_auc_score(actual, score), classes=2)
    case(f"prAuc{what}", "prAuc", inputs, metrics.average_precision_score(actual, score), classes=2)
    if logits.shape[1:] != (2,):
        strict = (logits.reshape(-1) > math.log(0.8 / 0.2)).long().numpy()
        case(f"precision above 0.8{what}", "precision", inputs, metrics.precision_score(actual, strict),
             classes=2, average="binary", threshold=0.8)
        case(f"confusionMatrix above 0.8{what}", "confusionMatrix", inputs,
             metrics.confusion_matrix(actual, strict).tolist(), classes=2, threshold=0.8)

inputs = {"logits": coarse(rows, 1), "labels": torch.ones(rows, dtype=torch.long)}
case("rocAuc of one class alone", "rocAuc", inputs, math.nan, classes=2)
case("prAuc of one class alone", "prAuc", inputs, 1, classes=2)
inputs = {"logits": coarse(rows, 1), "labels": torch.zeros(rows, dtype=torch.long)}
case("prAuc without a row of the class", "prAuc", inputs,
     metrics.average_precision_score(inputs["labels"], inputs["logits"].reshape(-1)), classes=2)
case("rocAuc of equal scores", "rocAuc", {"logits": torch.zeros(rows, 1), "labels": yes},
     metrics.roc_auc_score(yes, np.zeros(rows)), classes=2)
case("prAuc of equal scores", "prAuc", {"logits": torch.zeros(rows, 1), "labels": yes},
     metrics.average_precision_score(yes, np.zeros(rows)), classes=2)

# Targets: places of an image, a column of yes and no, and several questions.
predicted = places["logits"].argmax(-1).reshape(-1).numpy()
actual = places["targets"].argmax(-1).reshape(-1).numpy()
for metric, function in shares.items():
    case(f"{metric} of places", metric, places, function(actual, predicted, average="macro"))
case("meanIoU of places", "meanIoU", places, metrics.jaccard_score(actual, predicted, average="macro"))
case("confusionMatrix of places", "confusionMatrix", places, metrics.confusion_matrix(actual, predicted).tolist())
case("perplexity of places", "perplexity", places,
     math.exp(metrics.log_loss(actual, torch.softmax(places["logits"].reshape(-1, 3), -1).numpy())))
column = {"logits": coarse(rows, 1), "targets": yes.double().reshape(-1, 1)}
case("recall of a column", "recall", column, metrics.recall_score(yes, given(column["logits"])), average="binary")
case("rocAuc of a column", "rocAuc", column, metrics.roc_auc_score(yes, column["logits"].reshape(-1)))
questions = {"logits": coarse(rows, 3), "targets": torch.randint(0, 2, (rows, 3), generator=random).double()}
answers, scores = questions["targets"].numpy(), questions["logits"].numpy()
for average in ["macro", "micro", "weighted"]:
    case(f"rocAuc of questions, {average}", "rocAuc", questions,
         metrics.roc_auc_score(answers, scores, average=average), average=average)
    case(f"prAuc of questions, {average}", "prAuc", questions,
         metrics.average_precision_score(answers, scores, average=average), average=average)
case("binaryAccuracy", "binaryAccuracy", questions, ((scores > 0) == (answers > 0.5)).mean())
case("binaryAccuracy above 0.7", "binaryAccuracy", questions,
     ((scores > math.log(0.7 / 0.3)) == (answers > 0.5)).mean(), threshold=0.7)
case("categoricalAccuracy", "categoricalAccuracy",
     {"logits": multi[""]["logits"], "targets": one_hot(labels, 4)},
     metrics.accuracy_score(labels, given(multi[""]["logits"])))
pair = {"predictions": draw(rows, 2), "targets": draw(rows, 2)}
p, t = pair["predictions"].numpy(), pair["targets"].numpy()
case("meanAbsoluteError", "meanAbsoluteError", pair, metrics.mean_absolute_error(t, p))
case("rootMeanSquaredError", "rootMeanSquaredError", pair, math.sqrt(metrics.mean_squared_error(t, p)))
case("rSquared", "rSquared", pair, metrics.r2_score(t, p))

write(cases, sklearn=sklearn.__version__)
