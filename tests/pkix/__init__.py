"""DER, certificates, CRLs and OCSP, beside other implementations."""
