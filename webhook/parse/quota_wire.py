"""The slice of quotas and limit ranges that we read, as msgspec structs."""

from webhook.parse.wire import Metadata, Quantities, Wire


class ScopeRequirement(Wire):
    """spec.scopeSelector.matchExpressions[]."""

    scope_name: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class ScopeSelector(Wire):
    """spec.scopeSelector."""

    match_expressions: list[ScopeRequirement] | None = None


class QuotaSpec(Wire):
    """spec of a ResourceQuota."""

    hard: Quantities = None
    scopes: list[str] | None = None
    scope_selector: ScopeSelector | None = None


class QuotaStatus(Wire):
    """status of a ResourceQuota."""

    hard: Quantities = None
    used: Quantities = None


class ResourceQuota(Wire):
    """v1 ResourceQuota."""

    metadata: Metadata | None = None
    spec: QuotaSpec | None = None
    status: QuotaStatus | None = None


class LimitRangeItem(Wire):
    """spec.limits[] of a LimitRange."""

    type: str | None = None
    min: Quantities = None
    max: Quantities = None
    default: Quantities = None
    default_request: Quantities = None
    max_limit_request_ratio: Quantities = None


class LimitRangeSpec(Wire):
    """spec of a LimitRange."""

    limits: list[LimitRangeItem] | None = None


class LimitRange(Wire):
    """v1 LimitRange."""

    metadata: Metadata | None = None
    spec: LimitRangeSpec | None = None
