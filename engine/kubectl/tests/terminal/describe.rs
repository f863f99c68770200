//! `kubectl describe`.

use api::object;

use crate::cluster;

#[test]
fn a_pod_with_its_events() {
    let mut c = cluster();
    let uid =
        c.server.get("/api/v1/namespaces/default/pods/a").unwrap().str_at(&["metadata", "uid"]).cloned();
    c.server.put(object! {
        "apiVersion": "v1", "kind": "Event", "metadata": { "name": "a.1", "namespace": "default" },
        "involvedObject": { "name": "a", "namespace": "default", "uid": uid }, "type": "Normal", "reason": "Scheduled",
        "message": "Successfully assigned default/a to node-1", "source": { "component": "default-scheduler" },
        "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z", "count": 1
    });
    assert_eq!(
        c.ok("kubectl describe pod a"),
        "Name:         a
Namespace:    default
Node:         node-1/172.18.0.11
Labels:       app=web
Annotations:  <none>
Status:       Running
IP:           10.244.0.2
IPs:          <none>
Containers:
  c:
    Container ID:   \n    Image:          nginx
    Image ID:       \n    Port:           <none>
    Host Port:      <none>
    State:          Running
      Started:      Thu, 01 Jan 2026 00:00:05 +0000
    Ready:          True
    Restart Count:  0
    Environment:    <none>
    Mounts:         <none>
Conditions:
  Type           Status
  Ready          True \nVolumes:         <none>
QoS Class:       BestEffort
Node-Selectors:  <none>
Tolerations:     <none>
Events:
  Type    Reason     Age   From               Message
  ----    ------     ----  ----               -------
  Normal  Scheduled  0s    default-scheduler  Successfully assigned default/a to node-1
"
    );
    assert_eq!(
        c.server.log[1],
        "GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.name=a,involvedObject.namespace=default,\
         involvedObject.uid=uid-1&limit=500"
    );
}

#[test]
fn a_deployment() {
    let mut c = cluster();
    assert_eq!(
        c.ok("kubectl describe deploy web"),
        "Name:                   web
Namespace:              default
CreationTimestamp:      Thu, 01 Jan 2026 00:00:00 +0000
Labels:                 <none>
Annotations:            <none>
Selector:               app=web
Replicas:               3 desired | 3 updated | 3 total | 3 available | 0 unavailable
StrategyType:           RollingUpdate
MinReadySeconds:        0
RollingUpdateStrategy:  25% max unavailable, 25% max surge
Pod Template:
  Labels:  app=web
  Containers:
   c:
    Image:         nginx:1
    Port:          <none>
    Host Port:     <none>
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
OldReplicaSets:    <none>
NewReplicaSet:     <none>
Events:            <none>
"
    );
}

#[test]
fn other_kinds() {
    let mut c = cluster();
    c.run_with("kubectl apply -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {a: b}\n");
    assert_eq!(
        c.ok("kubectl describe cm m"),
        "Name:         m\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\n\nData\n====\na:\n----\nb\n\n\nBinaryData\n====\n\nEvents:  <none>\n"
    );
    c.server.put(object! { "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "x" }, "status": { "phase": "Active" } });
    assert_eq!(
        c.ok("kubectl describe ns x"),
        "Name:         x\nLabels:       <none>\nAnnotations:  <none>\nStatus:       Active\n\nNo resource quota.\n\nNo LimitRange resource.\n"
    );
    c.ok("kubectl expose deploy web --port=80");
    assert!(
        c.ok("kubectl describe svc web").contains(
            "\nPort:              <unset>  80/TCP\nTargetPort:        80/TCP\nEndpoints:         \n"
        )
    );
    let node = c.ok("kubectl describe node node-1");
    assert!(node.contains("Non-terminated Pods:          (2 in total)\n  Namespace                   Name    CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age\n"), "{node}");
    c.server.put(object! { "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "s", "namespace": "default" } });
    assert_eq!(
        c.ok("kubectl describe sa s"),
        "Name:                s\nNamespace:           default\nLabels:              <none>\nAnnotations:         <none>\nImage pull secrets:  <none>\nMountable secrets:   <none>\nTokens:              <none>\nEvents:              <none>\n"
    );
    c.server.put(object! {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": { "name": "e", "namespace": "default" },
        "addressType": "IPv4", "ports": [{ "port": 80, "protocol": "TCP" }],
        "endpoints": [{ "addresses": ["10.244.1.2"], "conditions": { "ready": true }, "nodeName": "node-1",
            "targetRef": { "kind": "Pod", "name": "a" } }]
    });
    assert_eq!(
        c.ok("kubectl describe endpointslice e"),
        "Name:         e\nNamespace:    default\nLabels:       <none>\nAnnotations:  <none>\nAddressType:  IPv4\nPorts:\n  Name     Port  Protocol\n  ----     ----  --------\n  <unset>  80    TCP\nEndpoints:\n  - Addresses:  10.244.1.2\n    Conditions:\n      Ready:    true\n    Hostname:   <unset>\n    TargetRef:  Pod/a\n    NodeName:   node-1\n    Zone:       <unset>\nEvents:         <none>\n"
    );
    c.server.put(object! { "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "j", "namespace": "default" } });
    assert!(
        c.ok("kubectl describe job j")
            .contains("\nAPI Version:  batch/v1\nKind:         Job\nMetadata:\n  Creation Timestamp:  2026")
    );
}

#[test]
fn what_is_not_there() {
    let mut c = cluster();
    assert_eq!(c.fails("kubectl describe pod no"), "Error from server (NotFound): pods \"no\" not found\n");
    let printed = c.run("kubectl describe pods -n other");
    assert_eq!((printed.err.as_str(), printed.code), ("No resources found in other namespace.\n", Some(0)));
    c.server.put(crate::pod("long-name", "web", "node-1"));
    assert!(c.ok("kubectl describe pod long").starts_with("Name:         long-name\n"));
    c.server.take("/api/v1/namespaces/default/pods/long-name");
    assert_eq!(c.ok("kubectl describe pods").matches("\n\n\nName:").count(), 1);
}
