using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Own CAs and the registration code (aws-protocol 5.1 and 11.5), and the one switch that AWS does not have.</summary>
sealed class CaCertificates(IAsk ask, Arn arn) : IOperations
{
    const string JustInTime = "JITP";

    public IEnumerable<Operation> All =>
    [
        new("GetRegistrationCode", "GET /registrationcode", GetCode),
        new("DeleteRegistrationCode", "DELETE /registrationcode", DeleteCode),
        new("RegisterCACertificate", "POST /cacertificate", Register),
        new("DescribeCACertificate", "GET /cacertificate/{caCertificateId}", Describe),
        new("UpdateCACertificate", "PUT /cacertificate/{caCertificateId}", Update),
        new("DeleteCACertificate", "DELETE /cacertificate/{caCertificateId}", Delete),
        new("ListCACertificates", "GET /cacertificates", List),
        new("ListCertificatesByCA", "GET /certificates-by-ca/{caCertificateId}", ListCertificates),
        new("UpdateFirstConnection", "PUT /fleet/ca-certificates/{caCertificateId}/first-connection", UpdateFirstConnection),
    ];

    async Task<Reply> GetCode(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<GetRegistrationCode, RegistrationCode>(new() { RequestedBy = request.Caller }, cancellation)).Reply(code => new { registrationCode = code.Code });

    async Task<Reply> DeleteCode(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteRegistrationCode, Done>(new() { RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> Register(OperationRequest request, CancellationToken cancellation)
    {
        var config = ReadConfig(request);
        var command = new RegisterTrustedAuthority
        {
            CaCertificatePem = request.Text("caCertificate"),
            VerificationCertificatePem = request.OptionalText("verificationCertificate"),
            Mode = request.OptionalText("certificateMode") switch
            {
                null or "DEFAULT" => CertificateMode.Default,
                "SNI_ONLY" => CertificateMode.SniOnly,
                _ => throw new InvalidInputException("certificateMode must be DEFAULT or SNI_ONLY."),
            },
            Active = request.Flag("setAsActive"),
            AutoRegistration = request.Flag("allowAutoRegistration"),
            Config = config,
            RequestedBy = request.Caller,
        };
        if (await CheckTemplate(config, cancellation) is { } unusable) return Reply.Refuse(unusable);
        var id = Pki.Pem.TryReadOnly(command.CaCertificatePem, Pki.Pem.Certificate) is { } der ? Pki.CertificateId.Of(der) : null;
        var answer = await ask.CreateTagged(
            request, () => Register(command, id, request, cancellation), authority => arn.Tagged(ArnOf(authority.CaCertificateId), authority.CreatedAt), cancellation);
        return answer.Reply(
            authority => new { certificateArn = ArnOf(authority.CaCertificateId), certificateId = authority.CaCertificateId }, id is null ? null : (id, ArnOf(id)));
    }

    async Task<Answer<TrustedAuthorityDescription>> Register(RegisterTrustedAuthority command, string? id, OperationRequest request, CancellationToken cancellation)
    {
        var answer = await ask.Ask<RegisterTrustedAuthority, TrustedAuthorityDescription>(command, cancellation);
        if (request.IsRetry && id is not null && answer.Refused?.Code == Reasons.AlreadyExists.Code)
        {
            var first = await ask.Ask<DescribeTrustedAuthority, TrustedAuthorityDescription>(new() { CaCertificateId = id }, cancellation);
            if (first.Value is { CustomerVersion: 1 } made && IsMadeBy(command, made)) answer = first;
        }

        return answer;
    }

    static bool IsMadeBy(RegisterTrustedAuthority command, TrustedAuthorityDescription made) =>
        (command.Mode, command.Active, command.AutoRegistration, command.AdmitsAtFirstConnection, command.Config ?? new())
        == (made.Mode, made.Active, made.AutoRegistration, made.AdmitsAtFirstConnection, made.Config ?? new());

    async Task<Reply> Describe(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DescribeTrustedAuthority, TrustedAuthorityDescription>(
            new() { CaCertificateId = request.Path("caCertificateId") }, cancellation)).Reply(authority => new
            {
                certificateDescription = new
                {
                    certificateArn = ArnOf(authority.CaCertificateId),
                    certificateId = authority.CaCertificateId,
                    status = Status(authority),
                    certificatePem = authority.CertificatePem,
                    ownedBy = arn.AccountId,
                    creationDate = authority.CreatedAt.Epoch(),
                    autoRegistrationStatus = authority.AutoRegistration ? "ENABLE" : "DISABLE",
                    lastModifiedDate = authority.LastModifiedAt.Epoch(),
                    customerVersion = authority.CustomerVersion,
                    validity = new { notBefore = authority.NotBefore.Epoch(), notAfter = authority.NotAfter.Epoch() },
                    certificateMode = authority.Mode.Text(),
                },
                registrationConfig = authority.Config is not { } config ? null
                : new { templateBody = config.TemplateBody, roleArn = config.RoleArn, templateName = config.TemplateName },
                admitsAtFirstConnection = authority.AdmitsAtFirstConnection,
            });

    async Task<Reply> Update(OperationRequest request, CancellationToken cancellation)
    {
        var config = ReadConfig(request);
        if (await CheckTemplate(config, cancellation) is { } unusable) return Reply.Refuse(unusable);
        return await Change(new()
        {
            CaCertificateId = request.Path("caCertificateId"),
            Active = Choice(request.Query("newStatus"), "newStatus", "ACTIVE", "INACTIVE"),
            AutoRegistration = Choice(request.Query("newAutoRegistrationStatus"), "newAutoRegistrationStatus", "ENABLE", "DISABLE"),
            Config = config,
            RemoveAutoRegistration = request.OptionalBoolean("removeAutoRegistration") ?? false,
            RequestedBy = request.Caller,
        }, cancellation);
    }

    Task<Reply> UpdateFirstConnection(OperationRequest request, CancellationToken cancellation) => Change(new()
    {
        CaCertificateId = request.Path("caCertificateId"),
        AdmitsAtFirstConnection = request.OptionalBoolean("admit") ?? throw new InvalidInputException("admit is required."),
        RequestedBy = request.Caller,
    }, cancellation);

    async Task<Reply> Change(UpdateTrustedAuthority update, CancellationToken cancellation) =>
        (await ask.Ask<UpdateTrustedAuthority, TrustedAuthorityDescription>(update, cancellation)).Reply();

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeleteTrustedAuthority, Done>(
            new() { CaCertificateId = request.Path("caCertificateId"), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListTrustedAuthorities, TrustedAuthoritiesListed>(
            new() { Page = request.MarkerPage(), TemplateName = request.Query("templateName") }, cancellation)).Reply(page => new
            {
                certificates = page.Items.Select(authority => new
                {
                    certificateArn = ArnOf(authority.CaCertificateId),
                    certificateId = authority.CaCertificateId,
                    status = Status(authority),
                    creationDate = authority.CreatedAt.Epoch(),
                }),
                nextMarker = request.Next(page.Next),
            });

    async Task<Reply> ListCertificates(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListCertificates, CertificatesListed>(
            new() { Page = request.MarkerPage(), CaCertificateId = request.Path("caCertificateId") }, cancellation)).Reply(page => Certificates.Body(page, request, arn));

    // The template must be there and be usable when the CA is told of it: afterwards nobody is listening.
    async Task<Refused?> CheckTemplate(AuthorityRegistrationConfig? config, CancellationToken cancellation)
    {
        if (config?.TemplateBody is { } body)
        {
            var validated = await ask.Ask<ValidateTemplate, TemplateValidated>(new() { TemplateBody = body, Kind = JustInTime }, cancellation);
            return validated.Refused ?? (validated.Value!.Problem is { } problem ? Reasons.InvalidRequest.ToRefused($"Invalid provisioning template. Line {problem.Line}, column {problem.Column}: {problem.Problem} {problem.Remedy}") : null);
        }

        if (config?.TemplateName is not { } name) return null;
        var template = await ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = name }, cancellation);
        return template.Refused ?? (template.Value!.Type == JustInTime ? null : Reasons.InvalidRequest.ToRefused($"Template {name} is not of type JITP."));
    }

    static AuthorityRegistrationConfig? ReadConfig(OperationRequest request)
    {
        if (request.Object("registrationConfig") is not { } config) return null;
        return new() { TemplateName = Text("templateName"), TemplateBody = Text("templateBody"), RoleArn = Text("roleArn") };

        string? Text(string name) => OperationRequest.TextOf(OperationRequest.Member(config, name), $"registrationConfig.{name}");
    }

    static bool? Choice(string? text, string name, string yes, string no) => text switch
    {
        null => null,
        _ when text == yes => true,
        _ when text == no => false,
        _ => throw new InvalidInputException($"{name} must be {yes} or {no}."),
    };

    static string Status(TrustedAuthorityDescription authority) => authority.Active ? "ACTIVE" : "INACTIVE";

    string ArnOf(string id) => arn.CaCertificate(id);
}
