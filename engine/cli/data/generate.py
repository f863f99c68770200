#!/usr/bin/env python3
"""Writes protobuf.txt beside this file: the field numbers of Kubernetes' protobuf messages.

    python3 engine/cli/data/generate.py SRC engine/api/data/schema.txt

SRC is the source folder of the crate k8s-pb, which carries the messages as Rust structs. Types are not written: the
API's schema has them. A `*` behind a field says that it is a pointer in Go, so that a zero on the wire is a
value; without it a zero means the field was not set. ` 2 >core.v1.Volume.VolumeSource` is a message whose fields stand
in JSON among those of the message around it; its own numbers follow under that name.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent

# Scalars that are pointers in Kubernetes' Go types. A name with a dot is meant for that definition alone.
POINTERS = set("""
replicas revisionHistoryLimit progressDeadlineSeconds minReplicas parallelism completions activeDeadlineSeconds
backoffLimit backoffLimitPerIndex maxFailedIndexes manualSelector suspend ttlSecondsAfterFinished completionMode
podReplacementPolicy managedBy startingDeadlineSeconds successfulJobsHistoryLimit failedJobsHistoryLimit timeZone
terminationGracePeriodSeconds gracePeriodSeconds deletionGracePeriodSeconds automountServiceAccountToken
shareProcessNamespace enableServiceLinks priority preemptionPolicy runtimeClassName setHostnameAsFQDN hostUsers
runAsUser runAsGroup runAsNonRoot fsGroup fsGroupChangePolicy readOnlyRootFilesystem allowPrivilegeEscalation
privileged procMount optional defaultMode mode expirationSeconds tolerationSeconds storageClassName volumeMode
immutable allocateLoadBalancerNodePorts internalTrafficPolicy ipFamilyPolicy loadBalancerClass trafficDistribution
controller blockOwnerDeletion orphanDependents propagationPolicy ready serving terminating minDomains
nodeAffinityPolicy nodeTaintsPolicy stabilizationWindowSeconds selectPolicy averageUtilization
unhealthyPodEvictionPolicy attachRequired podInfoOnMount fsGroupPolicy storageCapacity requiresRepublish
seLinuxMount allowVolumeExpansion volumeBindingMode reclaimPolicy holderIdentity leaseDurationSeconds
leaseTransitions strategy preferredHolder ignoreStoreReadErrorWithClusterBreakingPotential sendInitialEvents
recursiveReadOnly volumeAttributesClassName
DownwardAPIVolumeFile.mode EndpointPort.port EndpointPort.protocol
EndpointPort.appProtocol Endpoint.hostname Endpoint.nodeName Endpoint.zone EndpointAddress.nodeName
RollingUpdateStatefulSetStrategy.partition ClientIPConfig.timeoutSeconds ServicePort.appProtocol
NetworkPolicyPort.protocol NetworkPolicyPort.endPort HTTPIngressPath.pathType IngressSpec.ingressClassName
Preconditions.uid Preconditions.resourceVersion ListOptions.timeoutSeconds PodLogOptions.tailLines
PodLogOptions.limitBytes PodLogOptions.sinceSeconds SuccessPolicyRule.succeededIndexes
SuccessPolicyRule.succeededCount PodFailurePolicyOnExitCodesRequirement.containerName Container.restartPolicy
ValidatingWebhook.timeoutSeconds ValidatingWebhook.failurePolicy ValidatingWebhook.matchPolicy
ValidatingWebhook.sideEffects MutatingWebhook.timeoutSeconds MutatingWebhook.failurePolicy
MutatingWebhook.matchPolicy MutatingWebhook.sideEffects MutatingWebhook.reinvocationPolicy
GRPCAction.service AppArmorProfile.localhostProfile
SeccompProfile.localhostProfile WindowsSecurityContextOptions.gmsaCredentialSpecName
WindowsSecurityContextOptions.runAsUserName WindowsSecurityContextOptions.hostProcess PodDNSConfigOption.value
CustomResourceDefinitionVersion.deprecationWarning Toleration.tolerationSeconds
HostPathVolumeSource.type JSONSchemaProps.maximum JSONSchemaProps.minimum JSONSchemaProps.maxLength
JSONSchemaProps.minLength JSONSchemaProps.maxItems JSONSchemaProps.minItems JSONSchemaProps.multipleOf
JSONSchemaProps.maxProperties JSONSchemaProps.minProperties JSONSchemaProps.ref
JSONSchemaProps.xKubernetesPreserveUnknownFields JSONSchemaProps.xKubernetesListType
JSONSchemaProps.xKubernetesMapType
""".split())


def plain(name):
    """What Rust's, protobuf's and JSON's spellings of a name have in common."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def messages(src):
    """Name of the definition, spelled plainly -> [(tag, name)]."""
    found = {}
    for path in sorted(src.rglob("mod.rs")):
        parts = path.relative_to(src).parts[:-1]
        # api/core/v1 -> core.v1, apimachinery/pkg/apis/meta/v1 -> meta.v1
        package = ".".join(parts[-2:])
        text = path.read_text()
        for m in re.finditer(r"pub struct (\w+) \{\n(.*?)\n\}", text, re.S):
            fields = re.findall(r'#\[prost\([^\]]*tag = "(\d+)"[^\]]*\)\]\s*pub (?:r#)?(\w+):\s*([^\n]*)', m[2])
            if fields:
                fields = [(int(tag), name, kind.rstrip(">,").split("<")[-1]) for tag, name, kind in fields]
                found[plain(package + m[1])] = (package, fields)
    return found


def definitions(schema):
    name, fields = None, []
    for line in schema.read_text().splitlines():
        if not line.startswith(" "):
            if name:
                yield name, fields
            name, fields = line.split()[0], []
        else:
            fields.append(line.split()[0].rstrip("!"))
    yield name, fields


def table(name, struct, message, json_names, known, missing):
    """The lines of one message, and of those that are written inline in it."""
    package, fields = message
    lines, inline = [], []
    for tag, field, kind in sorted(fields):
        json_name = json_names.get(plain(field))
        nested = known.get(plain(package + kind.split("::")[-1]))
        if json_name is not None:
            pointer = {json_name, f"{struct}.{json_name}"} & POINTERS
            lines.append(f" {tag} {json_name}{'*' if pointer else ''}")
        elif nested is not None and any(plain(f) in json_names or f == "rule" for _, f, _ in nested[1]):
            part = f"{name}.{kind}"
            lines.append(f" {tag} >{part}")
            inline += table(part, kind, nested, json_names, known, missing)
        else:
            missing.append(f"{name}.{field}")
    return [name] + lines + inline


def main():
    src, schema = map(pathlib.Path, sys.argv[1:])
    known = messages(src)
    out, missing = [], []
    for name, fields in definitions(schema):
        message = known.get(plain(name))
        if message is not None:
            json_names = {plain(field): field for field in fields}
            out += table(name, name.rsplit(".", 1)[1], message, json_names, known, missing)
    HERE.joinpath("protobuf.txt").write_text("\n".join(out) + "\n")
    print("not in the schema:", ", ".join(missing), file=sys.stderr)


main()
