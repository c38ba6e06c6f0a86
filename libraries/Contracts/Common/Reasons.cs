namespace FleetPlatform.Contracts;

/// <summary>A documented reason for a refusal, and how each door renders it.</summary>
/// <param name="Code">Stable, kebab-case; what flows, logs and metrics carry.</param>
/// <param name="MqttStatus"><c>statusCode</c> of the AWS rejected message.</param>
/// <param name="MqttErrorCode"><c>errorCode</c> of the AWS rejected message.</param>
/// <param name="RestException">Exception name of the AWS IoT control plane, in <c>x-amzn-errortype</c>.</param>
/// <param name="RestStatus">HTTP status of that exception.</param>
/// <param name="Remedy">What the reader should do.</param>
public sealed record Reason(string Code, int MqttStatus, string MqttErrorCode, string RestException, int RestStatus, string Remedy);

/// <summary>Every reason code the platform gives. docs/errors.md is this table; a test holds the two together.</summary>
public static class Reasons
{
    static readonly Dictionary<string, Reason> Catalogue = new(StringComparer.Ordinal);

    public static readonly Reason InvalidPayload = Add("invalid-payload", 400, "InvalidPayload", "InvalidRequestException", 400,
        "Send a body in the format that the topic names, with the documented member names.");
    public static readonly Reason PayloadTooDeep = Add("payload-too-deep", 400, "InvalidPayload", "InvalidRequestException", 400,
        "Flatten the document: nesting, member count or size is over the limit named in docs/limits.md.");
    public static readonly Reason InvalidCsr = Add("invalid-csr", 400, "InvalidCsr", "InvalidRequestException", 400,
        "Send a PKCS#10 request in PEM whose signature verifies with the public key inside it.");
    public static readonly Reason CsrTooLarge = Add("csr-too-large", 400, "InvalidCsr", "InvalidRequestException", 400,
        "A CSR has at most 4096 characters of PEM.");
    public static readonly Reason WeakKey = Add("weak-key", 400, "InvalidCsr", "InvalidRequestException", 400,
        "Use an EC key on P-256, P-384 or P-521, or RSA with at least 2048 bits and exponent 65537.");
    public static readonly Reason TokenMissing = Add("token-missing", 400, "InvalidCertificateOwnershipToken", "InvalidRequestException", 400,
        "Send certificateOwnershipToken from the answer that carried the certificate.");
    public static readonly Reason TokenMalformed = Add("token-malformed", 400, "InvalidCertificateOwnershipToken", "InvalidRequestException", 400,
        "Send the token unchanged; check that no buffer cut it.");
    public static readonly Reason TokenExpired = Add("token-expired", 400, "InvalidCertificateOwnershipToken", "InvalidRequestException", 400,
        "A token lives one hour. Ask for a new certificate and register with its token.");
    public static readonly Reason TokenForeign = Add("token-foreign", 400, "InvalidCertificateOwnershipToken", "InvalidRequestException", 400,
        "The token was given to another claim certificate. Register on a connection with the claim that asked for the certificate.");
    public static readonly Reason TokenReplayed = Add("token-replayed", 400, "InvalidCertificateOwnershipToken", "InvalidRequestException", 400,
        "The token has already registered a thing with other parameters. Ask for a new certificate.");
    public static readonly Reason InvalidParameters = Add("invalid-parameters", 400, "InvalidParameters", "InvalidRequestException", 400,
        "Send every parameter the template needs, as strings.");
    public static readonly Reason UnresolvedReference = Add("unresolved-reference", 400, "InvalidParameters", "InvalidRequestException", 400,
        "Supply the parameter the template refers to, or give it a Default in the template.");
    public static readonly Reason UnsafeName = Add("unsafe-name", 400, "InvalidParameters", "InvalidRequestException", 400,
        "Names may hold letters, digits, ':', '_' and '-' only, so that they can never widen a policy.");
    public static readonly Reason ResourceConflict = Add("resource-conflict", 409, "ResourceConflict", "ResourceRegistrationFailureException", 400,
        "The template says FAIL for a resource that exists already. Remove the resource or change OverrideSettings.");
    public static readonly Reason ResourceMissing = Add("resource-missing", 400, "InvalidParameters", "ResourceNotFoundException", 404,
        "Create the thing type, group or policy that the template names.");
    public static readonly Reason CertificateNotPending = Add("certificate-not-pending", 400, "InvalidCertificateOwnershipToken", "CertificateStateException", 406,
        "The certificate was revoked, deactivated or has expired unclaimed. Ask for a new one.");
    public static readonly Reason TemplateNotFound = Add("template-not-found", 404, "TemplateNotFound", "ResourceNotFoundException", 404,
        "Check the template name in the topic; create the template.");
    public static readonly Reason TemplateDisabled = Add("template-disabled", 404, "TemplateNotFound", "InvalidRequestException", 400,
        "Enable the provisioning template.");
    public static readonly Reason AccessDenied = Add("access-denied", 403, "AccessDenied", "UnauthorizedException", 401,
        "Allow the action on this resource in a policy attached to the certificate.");
    public static readonly Reason HookDenied = Add("hook-denied", 403, "AccessDenied", "UnauthorizedException", 401,
        "The pre-provisioning hook did not allow this device.");
    public static readonly Reason HookFailed = Add("hook-failed", 403, "AccessDenied", "UnauthorizedException", 401,
        "The pre-provisioning hook gave no verdict. Look at its address and its own log; the device may retry, its token stays valid.");
    public static readonly Reason AlreadyProvisioned = Add("already-provisioned", 409, "ResourceConflict", "ResourceRegistrationFailureException", 400,
        "The thing has a certificate, and its template refuses devices that come again. Revoke that certificate, or set the template's reprovisioning to keep or replace.");
    public static readonly Reason ClaimNotOpen = Add("claim-not-open", 403, "AccessDenied", "UnauthorizedException", 401,
        "The claim certificate is paused, quarantined, or outside its time window. Look at it with fleet claim show.");
    public static readonly Reason ClaimBudgetSpent = Add("claim-budget-spent", 403, "AccessDenied", "UnauthorizedException", 401,
        "The claim certificate has registered as many devices as it may. Raise its limit, or make another claim for the next batch.");
    public static readonly Reason SerialNotAllowed = Add("serial-not-allowed", 403, "AccessDenied", "UnauthorizedException", 401,
        "Add the serial number to the claim's list, if the device is one of the batch.");
    public static readonly Reason TooManyRequests = Add("too-many-requests", 429, "TooManyRequests", "ThrottlingException", 400,
        "Wait and retry with exponential back-off and jitter.");
    public static readonly Reason Unavailable = Add("unavailable", 500, "InternalServerError", "ServiceUnavailableException", 503,
        "A part of the platform is restarting. Retry with back-off; the token stays valid.");
    public static readonly Reason Internal = Add("internal", 500, "InternalServerError", "InternalFailureException", 500,
        "Retry once; if it stays, look for the trace id in the service logs.");
    public static readonly Reason InvalidRequest = Add("invalid-request", 400, "InvalidPayload", "InvalidRequestException", 400,
        "Correct the request as the message says.");
    public static readonly Reason InvalidQuery = Add("invalid-query", 400, "InvalidParameters", "InvalidQueryException", 400,
        "Correct the query where the message points; docs/operator.md says what queries can ask.");
    public static readonly Reason NotFound = Add("not-found", 404, "TemplateNotFound", "ResourceNotFoundException", 404,
        "Check the name; list what exists.");
    public static readonly Reason AlreadyExists = Add("already-exists", 409, "ResourceConflict", "ResourceAlreadyExistsException", 409,
        "Choose another name, or change the existing resource.");
    public static readonly Reason VersionConflict = Add("version-conflict", 409, "ResourceConflict", "VersionConflictException", 409,
        "Read the resource again and repeat with its current version.");
    public static readonly Reason VersionsLimitExceeded = Add("versions-limit-exceeded", 409, "ResourceConflict", "VersionsLimitExceededException", 409,
        "Delete a version that is not the default first.");
    public static readonly Reason DeleteConflict = Add("delete-conflict", 409, "ResourceConflict", "DeleteConflictException", 409,
        "Detach or delete what still refers to the resource first.");
    public static readonly Reason LimitExceeded = Add("limit-exceeded", 400, "InvalidParameters", "LimitExceededException", 410,
        "Stay within the limit the message names (docs/limits.md).");
    public static readonly Reason CertificateState = Add("certificate-state", 400, "InvalidParameters", "CertificateStateException", 406,
        "The certificate's status does not allow this.");
    public static readonly Reason CertificateInvalid = Add("certificate-invalid", 400, "InvalidParameters", "CertificateValidationException", 400,
        "Send one X.509 certificate in PEM, signed by a CA that is registered here.");
    public static readonly Reason MalformedPolicy = Add("malformed-policy", 400, "InvalidParameters", "MalformedPolicyException", 400,
        "Correct the policy document where the message points.");
    public static readonly Reason UnknownCertificate = Add("unknown-certificate", 403, "AccessDenied", "UnauthorizedException", 401,
        "Register the certificate, or connect with one that this platform issued.");
    public static readonly Reason CertificateNotActive = Add("certificate-not-active", 403, "AccessDenied", "UnauthorizedException", 401,
        "Activate the certificate, or provision again if it was revoked.");
    public static readonly Reason CertificateExpired = Add("certificate-expired", 403, "AccessDenied", "UnauthorizedException", 401,
        "Renew the certificate; check the device's clock.");
    public static readonly Reason CertificateNotYetValid = Add("certificate-not-yet-valid", 403, "AccessDenied", "UnauthorizedException", 401,
        "Check the clock of the factory that made the certificate, and of this server.");
    public static readonly Reason CertificateUsage = Add("certificate-usage", 403, "AccessDenied", "UnauthorizedException", 401,
        "The certificate's extended key usage excludes client authentication. Use a client certificate.");
    public static readonly Reason ReservedTopic = Add("reserved-topic", 403, "AccessDenied", "UnauthorizedException", 401,
        "Publish to the request topic and subscribe to its accepted and rejected topics, never the other way round.");

    public static readonly Reason RenewalRefused = Add("renewal-refused", 403, "AccessDenied", "UnauthorizedException", 401,
        "Renew on a connection with the device's own current certificate, and only for the thing that this certificate belongs to.");
    public static readonly Reason RotationFailed = Add("rotation-failed", 403, "AccessDenied", "InvalidRequestException", 400,
        "The old certificate still works. ./fleet rotation show THING says why; docs/rotation.md what each code means.");
    public static readonly Reason KeyReused = Add("key-reused", 400, "InvalidCsr", "InvalidRequestException", 400,
        "Make a new key pair for every new certificate; the CSR holds the key of the certificate that it is to replace.");
    public static readonly Reason KeyShared = Add("key-shared", 400, "InvalidCsr", "InvalidRequestException", 400,
        "Make a key pair in every device; a key that many devices have is lost with the first of them. Renewing with the same key: docs/pki.md.");
    public static readonly Reason KeyCompromised = Add("key-compromised", 400, "InvalidCsr", "InvalidRequestException", 400,
        "Make a new key pair: a certificate on this one was revoked because the key is in other hands.");
    public static readonly Reason RegistrationCode = Add("registration-code", 400, "InvalidParameters", "RegistrationCodeValidationException", 400,
        "Make a verification certificate whose common name is the registration code, signed with the CA's key.");
    public static readonly Reason CertificatePending = Add("certificate-pending", 403, "AccessDenied", "UnauthorizedException", 401,
        "The certificate was recorded at its first connection. Activate it and attach a policy, or give its CA a template; then connect again.");
    public static readonly Reason CertificateProvisioned = Add("certificate-provisioned", 403, "AccessDenied", "UnauthorizedException", 401,
        "The device was provisioned in this connection, which ends as on AWS. Connect again.");

    public static readonly Reason ProtocolError = Add("protocol-error", 400, "InvalidPayload", "InvalidRequestException", 400,
        "The device sent what is not MQTT, or not at this point. Look at its MQTT library, and whether something else speaks on this port.");
    public static readonly Reason NotSupported = Add("not-supported", 400, "InvalidPayload", "InvalidRequestException", 400,
        "Do without what the message names; docs/mqtt-conformance.md says what is offered.");
    public static readonly Reason PacketTooLarge = Add("packet-too-large", 400, "InvalidPayload", "InvalidRequestException", 400,
        "Send smaller packets: docs/limits.md, MaximumPacketBytes and, for CONNECT, MaximumConnectBytes.");
    public static readonly Reason KeepAliveTimeout = Add("keep-alive-timeout", 400, "InvalidPayload", "InvalidRequestException", 400,
        "The device fell silent: power, network, or a keep-alive longer than docs/limits.md grants. It connects again by itself when it can.");
    public static readonly Reason ConnectTimeout = Add("connect-timeout", 400, "InvalidPayload", "InvalidRequestException", 400,
        "Send CONNECT as soon as TLS is up. A device that is slower than that hangs between the two.");

    public static readonly Reason ServerNameMissing = Add("server-name-missing", 403, "AccessDenied", "UnauthorizedException", 401,
        "Connect with the endpoint's whole name in TLS (SNI), or register the CA in mode DEFAULT.");

    /// <summary>All reasons, by code.</summary>
    public static IReadOnlyDictionary<string, Reason> All => Catalogue;

    /// <summary>The reason with this code; <see cref="Internal"/> for a code nobody documented.</summary>
    public static Reason Of(string code) => Catalogue.GetValueOrDefault(code, Internal);

    static Reason Add(string code, int mqttStatus, string mqttErrorCode, string restException, int restStatus, string remedy) =>
        Catalogue[code] = new(code, mqttStatus, mqttErrorCode, restException, restStatus, remedy);
}
