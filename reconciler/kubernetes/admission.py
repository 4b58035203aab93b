"""Admission policies: a deletion that must not happen is refused before it is marked.

A deletion mark cannot be taken back: what is refused only afterwards stays in Terminating.
"""

from typing import Any

from reconciler.core.kinds import Kinds, resources
from reconciler.kubernetes.definitions import GROUP, VERSION, plural_of

_DELETION = f"deletion.{GROUP}"
_DEFINITIONS = f"definitions.{GROUP}"
ALLOW_DELETE = f"{GROUP}/allow-delete"
_API = "admissionregistration.k8s.io/v1"
_WHO = "oldObject.kind + '/' + oldObject.metadata.name"
# Nothing is deleted in the Space then.
_LEAVES = (
    "(has(oldObject.spec.deletionPolicy) && oldObject.spec.deletionPolicy == 'Retain') || "
    "(has(oldObject.spec.managementPolicy) && oldObject.spec.managementPolicy == 'Observe')"
)


def _policy(name: str, rule: dict[str, Any], validations: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "reconciler"}},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{"operations": ["DELETE"], **rule}]},
            "validations": validations,
        },
    }


def _binding(name: str) -> dict[str, Any]:
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "reconciler"}},
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }


def _refused(condition: str, words: str) -> dict[str, Any]:
    """Refuse with ``words`` unless ``condition``; who it is stands before the words."""
    return {
        "expression": condition,
        "messageExpression": f"{_WHO} + ' {words}'",
        "reason": "Forbidden",
    }


def _deletion(kinds: Kinds) -> dict[str, Any]:
    plurals = [plural_of(kind.name) for kind in resources(kinds)]
    return _policy(
        _DELETION,
        {"apiGroups": [GROUP], "apiVersions": [VERSION], "resources": plurals},
        [
            _refused(
                f"{_LEAVES} || !has(oldObject.spec.protect) || !oldObject.spec.protect",
                "is protected: set spec.protect to false first",
            ),
            _refused(
                f"{_LEAVES} || !has(oldObject.status) || !has(oldObject.status.session)",
                "has a session in progress: wait until it has ended",
            ),
        ],
    )


def _definitions() -> dict[str, Any]:
    annotated = (
        f"has(oldObject.metadata.annotations) && '{ALLOW_DELETE}' in oldObject.metadata.annotations"
    )
    return _policy(
        _DEFINITIONS,
        {
            "apiGroups": ["apiextensions.k8s.io"],
            "apiVersions": ["*"],
            "resources": ["customresourcedefinitions"],
        },
        [
            _refused(
                f"oldObject.spec.group != '{GROUP}' || ({annotated})",
                f"takes all its resources with it: annotate it with {ALLOW_DELETE} first",
            )
        ],
    )


def policies(kinds: Kinds) -> tuple[dict[str, Any], ...]:
    """The policies and their bindings."""
    return (_deletion(kinds), _binding(_DELETION), _definitions(), _binding(_DEFINITIONS))
