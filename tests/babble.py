"""In: a folder. Out: a tiny bundle made by the project's own code from random weights, and questions to try it on."""

from __future__ import annotations

import warnings
from pathlib import Path

FIELDS = [
    "id",
    "question",
    "status",
    "query",
    "template",
    "rationale",
    "confidence",
    "today",
    "concepts",
    "issues",
    "alternatives",
    "reason",
    "model",
]

EXAMPLES = (
    (
        "patients over 60 with diabetes",
        "Patient?birthdate=lt{today-60y}&_has:Condition:patient:code={diabetes}",
        "Who.",
    ),
    ("ferritin under 15 ng/mL", "Observation?code={ferritin}&value-quantity=lt15||ng/mL", "Ferritin below 15."),
    ("ids and names of people", "Patient?_elements=id,name", "People, two elements."),
    ("people heavier than 90 kg", "Patient?_has:Observation:patient:code-value-quantity={weight}$gt90||kg", "Weight."),
)

QUESTIONS = (
    "patients over 60 with diabetes",
    "women aged 40 to 49 on metformin",
    "latest a1c of MRN 4471",
    "Dr. O'Neil-Baptiste's bookings next week",
    "ferritin under 15.5 ng/mL since 3 March '24",
    "how many no shows did we have last month",
    "breast or lung cancer, not resolved",
    "BP over 160/100",
    "patients without a phone",
    "cancel my appointment",
    "what should I take for a headache?",
    "asdf qwer zxcv",
    "a",
    "?",
    "...",
    "1",
    "0",
    "-1",
    "99999999999999999999",
    "1e309",
    "2024-02-30",
    "31/12/99",
    "today",
    "today today today today",
    "Patient?birthdate=lt1966",
    "Patient?_has:Condition:patient:code={diabetes}&_summary=count",
    "'; DROP TABLE patients; --",
    "<script>alert(1)</script>",
    "{diabetes}",
    "{today-60y}",
    "a,b|c$d\\e",
    "100% & 50% = 150%",
    "http://example.org/fhir/Patient/12",
    "C:\\temp\\file.txt",
    "$(rm -rf /)",
    "%00%0a%0d",
    "naïve café Müller Łukasz",
    "пациенты с диабетом",  # noqa: RUF001 - Cyrillic as Russians write it
    "糖尿病の患者",
    "مرضى السكري فوق 60",
    "חולי סוכרת",
    "โรคเบาหวาน",
    "diabète de type 2 à Zürich",
    "😀",
    "patients with 😷 and 🤒 in 2024",
    "👨‍👩‍👧‍👦 family history",
    "\u0301",
    "e\u0301e\u0301 over 60",
    "Ⅻ ½ ² ٣",
    "½ of ١٢ patients",
    "tab\tseparated\tquestion",
    "line\nbreak\r\nquestion",
    "  spaces   everywhere  ",
    "\u00a0no-break\u00a0space\u2003em",
    "ALL CAPITALS ASTHMA PATIENTS",
    "x" * 1000,
    "diabetes " * 111,
    "1 " * 500,
    "😀" * 500,
    ", " * 500,
    "forty five thousand two hundred and six",
)


def write_bundle(folder: Path, seed: int = 1) -> Path:
    """Write a bundle whose student has random weights, wide enough apart to say something else to each question."""
    import torch

    from fhirdistill.distill.codec import new_codec, save_codec
    from fhirdistill.distill.model import new_model
    from fhirdistill.student.bundle import write_card
    from fhirdistill.train.config import TrainConfig
    from fhirdistill.train.export import export

    torch.manual_seed(seed)
    codec = new_codec(EXAMPLES)
    model = new_model(codec, TrainConfig(encoder="fresh", width=32, layers=1, heads=2, inner=64, encoder_layers=1))
    ids = codec.vocabulary.ids
    with torch.no_grad():
        model.embed.weight.mul_(2)
        model.place.weight.mul_(150)  # say something else at each step
        for layer in model.decoder_layers():
            layer.cross.out.weight.mul_(40)  # and to each question
        ending = model.embed.weight[ids["<eos>"]]
        model.place.weight[6:] += 40 * ending / ending.norm()  # and come to an end
    save_codec(codec, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export(model, folder, quantize=False)
    write_card(folder, {"name": "babble", "version": "0", "temperature": 4.0, "metrics": {}})
    return folder
