"""Quotas and limit ranges from the wire."""

from collections.abc import Mapping

from webhook.objects import Operator, Requirement
from webhook.objects.quota import Bounds, LimitRange, ResourceQuota
from webhook.parse import quota_wire, wire
from webhook.parse.resources import amounts

_OPERATORS: Mapping[str, Operator] = {
    each.value: each
    for each in (Operator.IN, Operator.NOT_IN, Operator.EXISTS, Operator.DOES_NOT_EXIST)
}


def resource_quota(raw: quota_wire.ResourceQuota) -> ResourceQuota:
    """A ResourceQuota; raises BadResource."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or quota_wire.QuotaSpec()
    status = raw.status or quota_wire.QuotaStatus()
    return ResourceQuota(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        hard=amounts(status.hard),
        used=amounts(status.used),
        named=frozenset(spec.hard or ()),
        scopes=_scopes(spec),
    )


def _scopes(spec: quota_wire.QuotaSpec) -> tuple[Requirement, ...]:
    plain = [Requirement(name, Operator.EXISTS) for name in spec.scopes or ()]
    selector = spec.scope_selector or quota_wire.ScopeSelector()
    selected = [
        Requirement(
            each.scope_name or "",
            _OPERATORS.get(each.operator or "", Operator.EXISTS),
            frozenset(each.values or ()),
        )
        for each in selector.match_expressions or ()
    ]
    return (*plain, *selected)


def limit_range(raw: quota_wire.LimitRange) -> LimitRange:
    """A LimitRange; raises BadResource."""
    metadata, spec = raw.metadata or wire.Metadata(), raw.spec or quota_wire.LimitRangeSpec()
    return LimitRange(
        namespace=metadata.namespace or "default",
        name=metadata.name or "",
        limits=tuple(map(_bounds, spec.limits or ())),
    )


def _bounds(raw: quota_wire.LimitRangeItem) -> Bounds:
    """One item, with the defaults of `SetDefaults_LimitRangeItem` (core/v1/defaults.go)."""
    least, most, default = amounts(raw.min), amounts(raw.max), amounts(raw.default)
    request = amounts(raw.default_request)
    if raw.type == "Container":
        default = {**most, **default}
        request = {**least, **default, **request}
    return Bounds(
        type=raw.type or "",
        min=least,
        max=most,
        default=default,
        default_request=request,
        max_ratio=amounts(raw.max_limit_request_ratio),
    )
