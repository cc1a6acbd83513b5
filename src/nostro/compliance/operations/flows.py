"""What an application asks: flows of steps, questionnaires, agreements. All of it is data; a new
house starts from what stands here, and publishes its own versions over it.
"""

import hashlib
from typing import Any

from django.template.loader import render_to_string

from nostro.compliance.events import AgreementPublished, FlowPublished
from nostro.compliance.models import AgreementText, Flow, Questionnaire
from nostro.core.acts import Act, frame
from nostro.core.operations import operation
from nostro.kit.problems import Problem
from nostro.people.models import Client, LegalEntity


class BadFlow(Problem):
    """Steps that no application could be made of."""


Field = dict[str, Any]


def _field(name: str, kind: str, label: str, **more: Any) -> Field:
    return {"name": name, "kind": kind, "label": label, "required": True, **more}


_FUNDS = [
    ["salary", "Salary"], ["business", "My own business"], ["savings", "Savings"],
    ["investments", "Investments"], ["pension", "Pension"], ["inheritance", "Inheritance"],
    ["gift", "A gift"], ["crypto", "Crypto-assets"], ["other", "Something else"],
]  # fmt: skip
_INCOME = [
    ["under_25", "Under 25,000"], ["under_100", "25,000 to 100,000"],
    ["under_500", "100,000 to 500,000"], ["over_500", "More than 500,000"],
]  # fmt: skip
STEPS: list[dict[str, Any]] = [
    {
        "code": "identity",
        "title": "Identity",
        "heading": "Who you are",
        "lead": "As it stands in your passport or identity card.",
        "minutes": 2,
        "fields": [
            _field("first_name", "text", "Given names", auto="given-name"),
            _field("last_name", "text", "Surname", auto="family-name"),
            _field("birth_date", "date", "Date of birth", auto="bday"),
            _field("nationality", "country", "Nationality"),
            _field("document_number", "text", "Number of the document",
                   help="Of the passport or identity card you will photograph."),
            _field("phone", "phone", "Mobile phone", auto="tel"),
        ],
    },
    {
        "code": "address",
        "title": "Address",
        "heading": "Where you live",
        "lead": "Where you live today, as on a bill of the last three months.",
        "minutes": 1,
        "fields": [
            _field("street", "text", "Street and number", auto="street-address"),
            _field("city", "text", "Town", auto="address-level2"),
            _field("postcode", "text", "Postcode", auto="postal-code", required=False),
            _field("tax_country", "country", "Country in which you pay tax"),
            _field("tax_number", "text", "Tax number", required=False,
                   help="Leave it empty if your country gives none."),
        ],
    },
    {
        "code": "experience",
        "title": "Experience",
        "heading": "Your money and experience",
        "lead": "The law asks us whether these products suit you.",
        "minutes": 3,
        "questionnaire": True,
        "fields": [
            _field("employment", "choice", "What you do", choices=[
                ["employed", "Employed"], ["self_employed", "Self-employed"],
                ["student", "Student"], ["retired", "Retired"], ["none", "Not working"]]),
            _field("employer", "text", "Where you work", when={"field": "employment",
                   "in": ["employed", "self_employed"]}, auto="organization"),
            _field("income", "choice", "Yearly income, EUR", choices=_INCOME),
            _field("source_of_funds", "choice", "Where the money you invest comes from",
                   choices=_FUNDS),
            _field("pep", "choice", "Do you or a close relative hold a high public office?",
                   choices=[["no", "No"], ["yes", "Yes"]]),
            _field("pep_office", "text", "Which office", when={"field": "pep", "in": ["yes"]}),
        ],
    },
    {
        "code": "agreements", "title": "Agreements", "heading": "What you agree to",
        "lead": "Read them before you agree. You can read them again at any time.", "minutes": 2,
        "agreements": True, "fields": [],
    },
    {
        "code": "documents", "title": "Documents", "heading": "Your documents",
        "lead": "", "minutes": 2, "fields": [],
        "documents": [["passport", "id_card"], ["proof_of_address"]], "bill_days": 90,
    },
]  # fmt: skip
REQUIRES = [
    "e-mail", "mrz-digits", "name", "birth-date", "document-number", "nationality", "expiry",
    "age", "picture", "edited", "duplicate", "bill-name", "bill-date", "bill-address",
    "appropriateness", "screening",
]  # fmt: skip
QUESTIONS: list[dict[str, Any]] = [
    {"name": "trades", "label": "How often did you trade CFDs or forex in the last two years?",
     "choices": [["never", "Never", 0], ["some", "Up to ten times", 2],
                 ["often", "More often", 4]]},
    {"name": "learned", "label": "Where do you know these products from?",
     "choices": [["nowhere", "Nowhere yet", 0], ["demo", "A demo account or a course", 2],
                 ["work", "My work or my studies", 4]]},
    {"name": "leverage",
     "label": "With leverage 30:1 and 1,000 EUR you hold a position of 30,000 EUR. It falls by "
              "2 per cent. What do you lose?",
     "choices": [["20", "20 EUR", 0], ["600", "600 EUR", 3], ["unsure", "I do not know", 0]]},
    {"name": "margin", "label": "What happens when your margin falls below half of what is "
                                "needed?",
     "choices": [["nothing", "Nothing, I can wait", 0], ["closed", "Positions are closed", 3],
                 ["unsure", "I do not know", 0]]},
    {"name": "loss", "label": "How much of what you pay in can you afford to lose?",
     "choices": [["none", "Nothing of it", 0], ["part", "A part of it", 2],
                 ["all", "All of it", 3]]},
]  # fmt: skip
PASSES_FROM = 6
AGREEMENTS = [
    ("terms", "Client agreement"), ("risk", "Risk disclosure"), ("privacy", "Privacy notice"),
    ("complaints", "Complaints"), ("partner", "Partner agreement"),
]  # fmt: skip


def _shape(steps: list[dict[str, Any]]) -> None:
    codes = [step.get("code") for step in steps]
    if not steps or len(set(codes)) != len(codes) or not all(codes):
        raise BadFlow("A flow has steps, each with a code of its own.", field="steps")
    for step in steps:
        names = [one.get("name") for one in step.get("fields", [])]
        if not step.get("title") or not all(names) or len(set(names)) != len(names):
            raise BadFlow(f"The step {step['code']} needs a title, and each field its own name.")


@operation(title="Publish a flow", icon="route")
def publish_flow(
    act: Act,
    *,
    steps: list[dict[str, Any]],
    requires: list[str],
    entity_code: str = "",
    country: str = "",
    kind: str = "individual",
) -> Flow:
    """Publish a new version of the steps. Whoever has begun stays on theirs."""
    _shape(steps)
    same = Flow.objects.filter(entity_code=entity_code, country=country, kind=kind)
    flow = Flow.objects.create(
        entity_code=entity_code, country=country, kind=kind, number=same.count() + 1,
        steps=steps, requires=requires, published_at=act.at,
    )  # fmt: skip
    act.record(FlowPublished(flow.number), about=flow)
    return flow


@operation(title="Publish an agreement", icon="certificate")
def publish_agreement(
    act: Act, *, entity: LegalEntity, kind: str, title: str, body: str
) -> AgreementText:
    """Publish the words clients agree to from now on."""
    digest = hashlib.sha256(body.encode()).hexdigest()
    number = AgreementText.objects.filter(entity=entity, kind=kind).count() + 1
    text = AgreementText.objects.create(
        entity=entity, kind=kind, title=title, number=number, body=body, sha256=digest,
        published_at=act.at,
    )  # fmt: skip
    act.record(AgreementPublished(kind, number), about=text)
    return text


def flow_for(act: Act, client: Client) -> Flow:
    """The most exact flow for a client; the built-in one becomes the first where there is none."""
    frame()
    found = Flow.objects.filter(
        kind=client.kind, entity_code__in=("", client.entity.code), country__in=("", client.country)
    )
    exact = max(
        found, key=lambda one: (bool(one.country), bool(one.entity_code), one.number), default=None
    )
    return exact or publish_flow(act, steps=STEPS, requires=REQUIRES, kind=client.kind)


def questionnaire_for(act: Act) -> Questionnaire:
    """The current questions about experience."""
    frame()
    current = Questionnaire.objects.filter(code="experience").order_by("-number").first()
    return current or Questionnaire.objects.create(
        code="experience", number=1, questions=QUESTIONS, passes_from=PASSES_FROM,
        published_at=act.at,
    )  # fmt: skip


def ensure_agreements(act: Act, entity: LegalEntity) -> None:
    """A firm without texts of its own starts from the built-in ones."""
    frame()
    there = set(AgreementText.objects.filter(entity=entity).values_list("kind", flat=True))
    for kind, title in AGREEMENTS:
        if kind not in there:
            body = render_to_string(f"compliance/agreements/{kind}.txt", {"entity": entity})
            publish_agreement(act, entity=entity, kind=kind, title=title, body=body.strip())
