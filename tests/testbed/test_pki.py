"""Certificates of the node."""

from testbed.layout import API_SERVICE_ADDRESS, NODE, NODE_ADDRESS
from testbed.pki import CERTIFICATES, openssl_config

BY_FILE = {certificate.file: certificate for certificate in CERTIFICATES}


def test_the_api_server_is_known_by_all_its_addresses() -> None:
    """Pods call it by its Service, the machine by the node's address."""
    config = openssl_config(BY_FILE["apiserver"])

    for name in (f"IP:{API_SERVICE_ADDRESS}", f"IP:{NODE_ADDRESS}", "DNS:kubernetes.default.svc"):
        assert name in config


def test_the_kubelet_is_its_node() -> None:
    """The node authorizer knows a kubelet by this user and this group."""
    kubelet = BY_FILE["kubelet"]

    assert (kubelet.user, kubelet.group) == (f"system:node:{NODE}", "system:nodes")


def test_clients_of_the_api_server_cannot_pose_as_its_front_proxy() -> None:
    """An authority of its own signs the certificate that may name any user."""
    signed = {certificate.file for certificate in CERTIFICATES if certificate.authority == "front-proxy-ca"}

    assert signed == {"front-proxy"}
