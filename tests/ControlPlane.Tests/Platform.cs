using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.Revocation;
using FleetPlatform.Pki;
using FleetPlatform.RabbitKit;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FleetPlatform.ControlPlane;

/// <summary>
/// The control plane on a real RabbitMQ. Behind it answers a stand-in for the other services, which knows a few questions and the messages'
/// contracts; what the real ones do is for their own tests and for the stories.
/// </summary>
public sealed class Platform : IAsyncLifetime
{
    WebApplication _others = null!;
    WebApplication _app = null!;
    readonly HttpClient _http = new();

    public string Host { get; private set; } = "";

    internal OtherServices Others { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var bus = await RabbitMqServer.TakeVirtualHost();
        _others = Build(bus, "thing-registry", builder =>
        {
            builder.AddServiceDefaults("thing-registry");
            builder.Services.AddSingleton(Others);
            builder.Services.AddSingleton<IFlowSteps>(Others);
            builder.AddFleetBus("thing-registry", fleet => fleet.AddRequestConsumer<CreatePolicyStandIn>().AddRequestConsumer<GetPolicyVersionStandIn>().AddRequestConsumer<ListThingsStandIn>()
                .AddRequestConsumer<IssueStandIn>().AddRequestConsumer<RegisterStandIn>().AddRequestConsumer<DescribeStandIn>()
                .AddRequestConsumer<RevokeStandIn>().AddRequestConsumer<ChangeStatusStandIn>()
                .AddRequestConsumer<RegisterAuthorityStandIn>().AddRequestConsumer<DescribeAuthorityStandIn>().AddRequestConsumer<ExamineTagsStandIn>().AddRequestConsumer<TagStandIn>());
        });
        _app = Build(bus, "control-plane", builder => builder.AddControlPlane());
        _app.MapControlPlane();
        await _others.StartAsync(TestContext.Current.CancellationToken);
        await _app.StartAsync(TestContext.Current.CancellationToken);
        Host = new Uri(_app.Urls.First()).Authority;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        await _others.DisposeAsync();
    }

    internal async Task<Answer> Send(HttpRequestMessage request)
    {
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(
            (int)response.StatusCode,
            response.Headers.TryGetValues("x-amzn-errortype", out var types) ? types.Single() : null,
            response.Headers.TryGetValues("x-amzn-requestid", out var ids) ? ids.Single() : null,
            text.StartsWith('{') && response.Content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(text)!.AsObject() : []);
    }

    internal Task<Answer> Send(HttpMethod method, string pathAndQuery, string? body = null) => Send(new Operator().Sign(method, Host, pathAndQuery, body));

    static WebApplication Build(string bus, string service, Action<WebApplicationBuilder> add)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:bus"] = bus,
            ["ControlPlane:AccessKeyId"] = Operator.KeyId,
            ["ControlPlane:SecretAccessKey"] = Operator.Secret,
            ["ControlPlane:MaximumBodyBytes"] = "4096",
            ["ControlPlane:FlowStepsTimeout"] = "00:00:05",
            ["Messaging:RequestTimeout"] = "00:00:10",
            ["Messaging:WarmUpTimeout"] = "00:00:00", // what is asked at start is not what tests count
        });
        builder.Logging.AddFilter<ConsoleLoggerProvider>(level => level == LogLevel.Critical); // refusals are what many tests are about
        add(builder);
        return builder.Build();
    }

    internal sealed record Answer(int Status, string? Exception, string? RequestId, JsonObject Body);
}

/// <summary>What the stand-in was asked, and what it says.</summary>
sealed class OtherServices : IFlowSteps
{
    public List<object> Asked { get; } = [];

    public static string CertificateId { get; } = new('a', 64);

    /// <summary>Registered CAs by their id, as they are described.</summary>
    public ConcurrentDictionary<string, TrustedAuthorityDescription> Authorities { get; } = new(StringComparer.Ordinal);

    /// <summary>How many of the next requests to tag fail.</summary>
    public int TaggingFails;

    public T Hear<T>(T message) where T : class
    {
        lock (Asked) Asked.Add(message);
        return message;
    }

    public T[] Heard<T>()
    {
        lock (Asked) return [.. Asked.OfType<T>()];
    }

    public Task<IReadOnlyList<FlowStep>> Find(IReadOnlyList<string> subjects, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<FlowStep>>(subjects.Contains("SN-1")
            ? [new() { Service = "thing-registry", Step = "thing registered", At = DateTimeOffset.UnixEpoch, StreamId = "thing-SN-1", FlowId = "f1" }]
            : subjects.Contains("f1")
                ? [new() { Service = "thing-registry", Step = "certificate active", At = DateTimeOffset.UnixEpoch.AddSeconds(1), StreamId = "principal-x", FlowId = "f1" }]
                : []);
}

sealed class CreatePolicyStandIn(OtherServices others) : IConsumer<CreatePolicy>
{
    public Task Consume(ConsumeContext<CreatePolicy> context) => others.Hear(context.Message).PolicyName == "taken"
        ? context.RespondAsync(Reasons.AlreadyExists.ToRefused("It exists."))
        : context.RespondAsync(new PolicyVersionDescription
        {
            PolicyName = context.Message.PolicyName, VersionId = "1", IsDefaultVersion = true, PolicyDocument = context.Message.PolicyDocument,
            CreatedAt = DateTimeOffset.UnixEpoch,
        });
}

sealed class GetPolicyVersionStandIn : IConsumer<GetPolicyVersion>
{
    public Task Consume(ConsumeContext<GetPolicyVersion> context) => context.RespondAsync(new PolicyVersionDescription
    {
        PolicyName = context.Message.PolicyName, VersionId = "1", IsDefaultVersion = true, PolicyDocument = "taken's own", CreatedAt = DateTimeOffset.UnixEpoch,
    });
}

sealed class ListThingsStandIn(OtherServices others) : IConsumer<ListThings>
{
    public Task Consume(ConsumeContext<ListThings> context) => context.RespondAsync(new ThingsListed
    {
        Items = [new() { ThingName = "SN-1", ThingId = "1", Attributes = new Dictionary<string, string> { ["a"] = "1" }, Version = 1 }],
        Next = others.Hear(context.Message).Page.After is null ? "SN-1" : null,
    });
}

sealed class IssueStandIn(OtherServices others) : IConsumer<IssueCertificates>
{
    public const string PrivateKey = "-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----\n";

    public Task Consume(ConsumeContext<IssueCertificates> context) => context.RespondAsync(new IssueCertificatesAnswer
    {
        Items = [.. others.Hear(context.Message).Items.Select(item => new IssueCertificateAnswer
        {
            CertificateId = OtherServices.CertificateId, CertificatePem = "pem", PublicKeyPem = "public", NotAfter = DateTimeOffset.UnixEpoch,
            SealedPrivateKey = SealedSecret.Seal(item.SealTo, System.Text.Encoding.ASCII.GetBytes(PrivateKey), item.Flow.FlowId),
        })],
    });
}

sealed class RegisterStandIn(OtherServices others) : IConsumer<RegisterCertificate>
{
    public Task Consume(ConsumeContext<RegisterCertificate> context) => context.RespondAsync(DescribeStandIn.Describe(others.Hear(context.Message).Status));
}

sealed class DescribeStandIn : IConsumer<DescribeCertificate>
{
    public Task Consume(ConsumeContext<DescribeCertificate> context) => context.Message.CertificateId == OtherServices.CertificateId
        ? context.RespondAsync(Describe(CertificateStatus.Active))
        : context.RespondAsync(Reasons.NotFound.ToRefused("No such certificate."));

    public static CertificateDescription Describe(CertificateStatus status) => new()
    {
        CertificateId = OtherServices.CertificateId, Status = status, CertificatePem = "pem", CustomerVersion = 1, CreatedAt = DateTimeOffset.UnixEpoch,
        LastModifiedAt = DateTimeOffset.UnixEpoch, NotBefore = DateTimeOffset.UnixEpoch, NotAfter = DateTimeOffset.UnixEpoch.AddMilliseconds(1500),
    };
}

sealed class RegisterAuthorityStandIn(OtherServices others) : IConsumer<RegisterTrustedAuthority>
{
    public Task Consume(ConsumeContext<RegisterTrustedAuthority> context)
    {
        var command = others.Hear(context.Message);
        var authority = new TrustedAuthorityDescription
        {
            CaCertificateId = CertificateId.Of(Pem.ReadCertificate(command.CaCertificatePem)), CertificatePem = command.CaCertificatePem, Active = command.Active,
            AutoRegistration = command.AutoRegistration, Mode = command.Mode, Config = command.Config, CreatedAt = DateTimeOffset.UnixEpoch, LastModifiedAt = DateTimeOffset.UnixEpoch,
            NotBefore = DateTimeOffset.UnixEpoch, NotAfter = DateTimeOffset.UnixEpoch, CustomerVersion = 1,
        };
        return others.Authorities.TryAdd(authority.CaCertificateId, authority)
            ? context.RespondAsync(authority)
            : context.RespondAsync(Reasons.AlreadyExists.ToRefused("It is registered."));
    }
}

sealed class DescribeAuthorityStandIn(OtherServices others) : IConsumer<DescribeTrustedAuthority>
{
    public Task Consume(ConsumeContext<DescribeTrustedAuthority> context) => context.RespondAsync(others.Authorities[context.Message.CaCertificateId]);
}

sealed class ExamineTagsStandIn : IConsumer<ExamineTags>
{
    public Task Consume(ConsumeContext<ExamineTags> context) => context.RespondAsync(new Done());
}

sealed class TagStandIn(OtherServices others) : IConsumer<TagResource>
{
    public Task Consume(ConsumeContext<TagResource> context)
    {
        if (Interlocked.Decrement(ref others.TaggingFails) >= 0) return context.RespondAsync(Reasons.Unavailable.ToRefused("Not now."));
        others.Hear(context.Message);
        return context.RespondAsync(new Done());
    }
}

sealed class RevokeStandIn(OtherServices others) : IConsumer<RevokeCertificate>
{
    public Task Consume(ConsumeContext<RevokeCertificate> context) => context.RespondAsync(new RevocationRecorded
    {
        CertificateId = others.Hear(context.Message).CertificateId, Reason = context.Message.Reason, RevokedAt = DateTimeOffset.UnixEpoch,
    });
}

sealed class ChangeStatusStandIn(OtherServices others) : IConsumer<ChangeCertificateStatus>
{
    public Task Consume(ConsumeContext<ChangeCertificateStatus> context) =>
        context.RespondAsync(DescribeStandIn.Describe(others.Hear(context.Message).Status));
}
