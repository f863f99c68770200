#!/usr/bin/env python3
"""Writes kinds.txt and schema.txt beside this file from a condensed OpenAPI description.

    python3 engine/api/data/generate.py openapi-facts.json internal.go

The second file is client-go's `applyconfigurations/internal/internal.go`: the merge schema in YAML inside it says which
types are atomic, which structs are always there, and what a missing list key stands for.
Only stable versions are kept. What OpenAPI does not say (short names, singulars, categories, where a kind
is stored) stands in the tables below.
"""
import json
import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).parent

# Groups in the order in which discovery lists them.
GROUPS = [
    "", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
    "autoscaling", "batch", "certificates.k8s.io", "networking.k8s.io", "policy", "rbac.authorization.k8s.io",
    "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io",
    "coordination.k8s.io", "node.k8s.io", "discovery.k8s.io", "resource.k8s.io", "flowcontrol.apiserver.k8s.io",
]

SHORT = {
    "componentstatuses": "cs", "configmaps": "cm", "endpoints": "ep", "events": "ev", "limitranges": "limits",
    "namespaces": "ns", "nodes": "no", "persistentvolumeclaims": "pvc", "persistentvolumes": "pv", "pods": "po",
    "replicationcontrollers": "rc", "resourcequotas": "quota", "serviceaccounts": "sa", "services": "svc",
    "customresourcedefinitions": "crd,crds", "daemonsets": "ds", "deployments": "deploy", "replicasets": "rs",
    "statefulsets": "sts", "horizontalpodautoscalers": "hpa", "cronjobs": "cj",
    "certificatesigningrequests": "csr", "ingresses": "ing", "networkpolicies": "netpol",
    "poddisruptionbudgets": "pdb", "priorityclasses": "pc", "storageclasses": "sc", "ipaddresses": "ip",
    "volumeattributesclasses": "vac",
}
CATEGORIES = {name: "all" for name in (
    "pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets",
    "horizontalpodautoscalers", "cronjobs", "jobs")}
CATEGORIES.update({name: "api-extensions" for name in (
    "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies",
    "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
    "customresourcedefinitions", "apiservices")})
STORED = {
    "nodes": "minions", "services": "services/specs", "endpoints": "services/endpoints",
    "replicationcontrollers": "controllers", "ingresses": "ingress",
    "customresourcedefinitions": "apiextensions.k8s.io/customresourcedefinitions",
    "apiservices": "apiregistration.k8s.io/apiservices",
}
VERBS = {"post": ["create"], "put": ["update"], "list": ["list", "watch"]}
CONNECT = {"attach": "create,get", "exec": "create,get", "portforward": "create,get",
           "proxy": "create,delete,get,patch,update"}


def stable(version):
    return re.fullmatch(r"v\d+", version) is not None


def kinds(paths):
    resources = {}
    for path, facts in paths.items():
        m = re.fullmatch(r"/(?:api|apis/([^/]+))/(v[^/]+)(/namespaces/\{namespace\})?/([a-z]+)(/\{name\}(?:/([a-z]+))?)?", path)
        if m is None and re.fullmatch(r"/api/v1/namespaces(/\{name\}(/[a-z]+)?)?", path):
            tail = path.split("/")[3:]
            m_group, version, namespaced, plural = "", "v1", False, "namespaces"
            sub = tail[2] if len(tail) > 2 else None
        elif m:
            m_group, version, namespaced, plural, _, sub = m[1] or "", m[2], m[3] is not None, m[4], m[5], m[6]
        else:
            continue
        if not stable(version) or m_group not in GROUPS or plural == "watch":
            continue
        entry = resources.setdefault((m_group, version, plural), {"ns": False, "verbs": set(), "subs": {}, "kind": None})
        entry["ns"] |= namespaced
        if sub:
            verbs = {CONNECT[sub]} if "connect" in facts["verbs"] else {v for w in facts["verbs"] for v in VERBS.get(w, [w])}
            group, version, kind = facts["kind"].split("/")
            entry["subs"][sub] = (group, version, kind, ",".join(sorted(verbs)))
        else:
            entry["kind"] = facts["kind"].split("/")[2]
            entry["verbs"] |= {v for w in facts["verbs"] for v in VERBS.get(w, [w])}
    lines = []
    # The preferred version of a group comes first.
    order = sorted(resources, key=lambda k: (GROUPS.index(k[0]), -int(k[1][1:]), k[2]))
    for group, version, plural in order:
        e = resources[group, version, plural]
        if plural == "componentstatuses":
            e["verbs"].discard("watch")
        scope = "ns" if e["ns"] else "-"
        lines.append(" ".join([f"{group}/{version}", e["kind"], plural, e["kind"].lower(), scope,
                               SHORT.get(plural, "-") if group != "events.k8s.io" else "ev", CATEGORIES.get(plural, "-"),
                               STORED.get(plural, plural), ",".join(sorted(e["verbs"]))]))
        for sub, (g, v, k, verbs) in sorted(e["subs"].items()):
            lines.append(f" {sub} {g}/{v} {k} {verbs}")
    return resources, lines


SCALARS = {"string": "s", "integer:int32": "i", "integer:int64": "l", "boolean": "b", "number:double": "f",
           "string:byte": "y", "@meta.v1.Time": "t", "@meta.v1.MicroTime": "u", "@api.resource.Quantity": "q",
           "@util.intstr.IntOrString": "p", "@runtime.RawExtension": "a", "@apiextensions.v1.JSON": "a",
           "@meta.v1.FieldsV1": "a", "@apiextensions.v1.JSONSchemaPropsOrArray": "a",
           "@apiextensions.v1.JSONSchemaPropsOrBool": "a", "@apiextensions.v1.JSONSchemaPropsOrStringArray": "a",
           "@meta.v1.Patch": "a"}


def short_type(text):
    if text[0] == "[":
        return "[" + short_type(text[1:-1])
    if text[0] == "{":
        return "{" + short_type(text[1:-1])
    if text in SCALARS:
        return SCALARS[text]
    assert text[0] == "@", text
    return text


def structure(path):
    """Of the merge schema: atomic types; fields with a default, by type."""
    text = pathlib.Path(path).read_text()
    types = yaml.safe_load(text[text.index("`types:") + 1:text.rindex("`")])["types"]
    atomic, defaults = set(), {}
    for entry in types:
        name = re.sub(r"^io\.k8s\.(api|apimachinery\.pkg\.apis|apimachinery\.pkg|apiextensions-apiserver\.pkg\.apis"
                      r"|kube-aggregator\.pkg\.apis)\.", "", entry["name"])
        if entry.get("map", {}).get("elementRelationship") == "atomic":
            atomic.add(name)
        for field in entry.get("map", {}).get("fields", []):
            if "default" in field:
                defaults[name, field["name"]] = field["default"]
    # Kinds that client-go has no client for follow the same rule: these parts are structs.
    for kind in ("apiextensions.v1.CustomResourceDefinition", "apiregistration.v1.APIService"):
        defaults.update({(kind, part): {} for part in ("metadata", "spec", "status")})
    defaults["apiextensions.v1.CustomResourceDefinitionSpec", "names"] = {}
    defaults["apiextensions.v1.CustomResourceDefinitionStatus", "acceptedNames"] = {}
    return atomic, defaults


def schema(definitions, resources, atomic, defaults):
    roots = [name for name, d in definitions.items() if "gvk" in d and any(
        stable(gvk.split("/")[1]) for gvk in ([d["gvk"]] if isinstance(d["gvk"], str) else d["gvk"]))]
    # Alpha and beta kinds are not served.
    roots = [r for r in roots if stable(r.split(".")[-2]) and not r.endswith("List")] + ["meta.v1.Status", "meta.v1.ListMeta"]
    seen, todo = set(), sorted(set(roots))
    while todo:
        name = todo.pop()
        if name in seen or "@" + name in SCALARS:
            continue
        seen.add(name)
        for spec in definitions[name].get("fields", {}).values():
            text = spec[0] if isinstance(spec, list) else spec
            todo.extend(re.findall(r"@([\w.]+)", text))
    lines = []
    # Only where a default tells list items apart is it needed here.
    keys = {"protocol"}
    for name in sorted(seen):
        d = definitions[name]
        gvk = d.get("gvk")
        gvk = gvk if isinstance(gvk, str) else (gvk[0] if gvk else None)
        lines.append(name if gvk is None or name == "meta.v1.DeleteOptions" else f"{name} {gvk}")
        if name in atomic:
            lines[-1] += " atomic"
        required = set(d.get("required", []))
        fields = dict(d.get("fields", {}))
        if gvk is not None:
            fields.setdefault("apiVersion", "string")
            fields.setdefault("kind", "string")
        for field, spec in sorted(fields.items()):
            text, options = spec if isinstance(spec, list) else (spec, {})
            line = " " + field + ("!" if field in required else "") + " " + short_type(text)
            if options.get("list") == "set":
                line += " set"
            if options.get("list") == "map":
                line += " keys=" + ",".join(options["keys"])
            if options.get("map") == "atomic":
                line += " atomic"
            if "patch" in options:
                line += " patch=" + options["patch"]
            if "key" in options:
                line += " key=" + options["key"]
            default = defaults.get((name, field))
            if default == {}:
                line += " there"
            elif default and field in keys:
                line += f" default={default}"
            lines.append(line)
    return lines


def main():
    facts = json.load(open(sys.argv[1]))
    resources, lines = kinds(facts["paths"])
    (HERE / "kinds.txt").write_text("\n".join(lines) + "\n")
    (HERE / "schema.txt").write_text("\n".join(schema(facts["definitions"], resources, *structure(sys.argv[2]))) + "\n")


main()
