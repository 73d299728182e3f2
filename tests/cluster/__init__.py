"""A real control plane on 127.0.0.1 for tests and for people; only node agents are stood in for.

etcd, kube-apiserver, kube-controller-manager, kube-scheduler, and KubeVirt's own virt-api and
virt-controller run as processes. Kubelet and virt-handler, which would need machines and guests,
are played by threads that make the same API calls under the same identities.

assets            where the programs come from: the environment, PATH, the cache, or a build
go_build          builds the pinned tool modules kubernetes/ and kubevirt/ into the cache
install_strategy  KubeVirt's CRDs, RBAC, webhooks and APIServices, out of virt-operator itself
api               a small client: paths by kind, impersonation, watches
waiting           until(condition, deadline)
ports             a block of ports that no other cluster of this machine uses
credentials       certificates, tokens and kubeconfigs
processes         children in groups of their own: logs, restarts, an end in any case
components        the command lines
kubevirt_install  puts KubeVirt into a fresh API server
webhooks          points a webhook configuration at a URL
nodes             Node objects as kubelet and virt-handler's node labeller write them
kubelet           what a kubelet writes next to a pod
virt_handler      what virt-handler writes next to a VMI
faults            the switches: what should go wrong, and where
mirror            a list and watch that keeps objects by name
readiness         how to tell that a part can be used
journal           the log of the node agents
stand_in          the threads that apply kubelet and virt_handler to what the mirrors show
control_plane     ControlPlane.start(): all of it as one context manager
scheduling        SchedulingPlane.start(): API server and scheduler alone, no controllers
__main__          python -m tests.cluster build | up | status | down
"""
