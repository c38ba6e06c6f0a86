using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Contracts.ThingRegistry;
using FleetPlatform.Pki;
using FleetPlatform.PostgresKit;
using FleetPlatform.RabbitKit;
using FleetPlatform.ServiceDefaults;
using FleetPlatform.TemplateEngine.Tests.Hooks;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(FleetPlatform.TemplateEngine.Tests.Stack))]

namespace FleetPlatform.TemplateEngine.Tests;

/// <summary>The whole service on a real PostgreSQL and a real RabbitMQ, with a stand-in for ThingRegistry at the other end of the bus.</summary>
public sealed class Stack : IAsyncLifetime
{
    readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    PostgresDatabase _database = null!;
    WebApplication _service = null!;
    WebApplication _neighbours = null!;

    /// <summary>How long the service waits for the registry: short only where the registry is to be silent.</summary>
    internal TimeSpan RegistryTimeout { get; init; } = Eventually.Patience;

    internal RegistryStandIn Registry { get; } = new();
    internal IAsk Ask => _neighbours.Services.GetRequiredService<IAsk>();
    internal EventStore Store => _service.Services.GetRequiredService<EventStore>();
    internal PostgresDatabase Database => _database;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.Create();
        string[] bus = ["--ConnectionStrings:bus", await RabbitMqServer.TakeVirtualHost(), "--urls", "http://127.0.0.1:0", "--Messaging:RequestTimeout", "00:00:30"];
        _service = Composition.Build([.. bus, "--ConnectionStrings:template-engine-db", _database.ConnectionString,
            "--OwnershipToken:Key", Convert.ToBase64String(_key),
            "--PreProvisioningHook:Key", Convert.ToBase64String(HookServer.Key), "--PreProvisioningHook:AllowHttp", "true",
            "--PreProvisioningHook:AllowedNetworks:0", "127.0.0.1/32", "--PreProvisioningHook:Timeout", "00:00:03", "--PreProvisioningHook:BreakerFailures", "1000",
            "--TemplateEngine:RegistryTimeout", RegistryTimeout.ToString(), "--TemplateEngine:RecordedRefusalsPerMinute", "10",
            "--TemplateEngine:RegistrationPage", "4", "--TemplateEngine:RegistrationPoll", "00:00:00.200"]);
        await _service.StartAsync();

        var builder = WebApplication.CreateBuilder(bus);
        builder.AddServiceDefaults("thing-registry");
        builder.Services.AddSingleton(Registry);
        builder.Services.AddSingleton(this);
        builder.AddFleetBus("thing-registry", consumers => consumers
            .AddBatchConsumer<RegistryStandInConsumer>()
            .AddBatchConsumer<IssueStandInConsumer>()
            .AddBatchConsumer<AdmitStandInConsumer>()
            .AddRequestConsumer<FindIssuerStandIn>()
            .AddBatcher<RegisterThings, RegisterThing, RegisterThingsAnswer, RegisterThingAnswer>()
            .AddRequestConsumer<RehearseStandIn>()
            .AddRequestConsumer<FindIssuedStandIn>()
            .AddBatcher<ProvisionThings, ProvisionThing, ProvisionThingsAnswer, ProvisionThingAnswer>()
            .AddBatcher<ProvisionCertificates, ProvisionCertificate, ProvisionCertificatesAnswer, ProvisionThingAnswer>());
        _neighbours = builder.Build();
        await _neighbours.StartAsync();
        await WarmUp();
    }

    // On a busy machine the very first messages take longer than an asker waits.
    async Task WarmUp()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Provision(Device("none"));
                await Ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = "none" });
                return;
            }
            catch (RequestUnavailableException) when (attempt < 10)
            {
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _neighbours.DisposeAsync();
        await _service.DisposeAsync();
        await _database.DisposeAsync();
    }

    internal Task<ProvisionThingAnswer> Provision(ProvisionThing request) =>
        _neighbours.Services.GetRequiredService<IBatcher<ProvisionThing, ProvisionThingAnswer>>().Ask(request);

    /// <summary>Certificates that the authority's stand-in has signed, by id; others are text that is no certificate.</summary>
    internal ConcurrentDictionary<string, string> Certificates { get; } = new(StringComparer.Ordinal);

    /// <summary>Until it is done the authority's stand-in keeps requests back whose CSR says that they are held.</summary>
    internal TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A device that comes with a claim of its batch.</summary>
    internal ProvisionThing Device(string template, string claimId, params (string Name, string Value)[] parameters) =>
        Device(template, default, claimId, parameters);

    internal Task<ProvisionThingAnswer> Provision(ProvisionCertificate request) =>
        _neighbours.Services.GetRequiredService<IBatcher<ProvisionCertificate, ProvisionThingAnswer>>().Ask(request);

    /// <summary>A device that was just given a certificate, asking for its thing.</summary>
    internal ProvisionThing Device(string template, TimeSpan tokenAge = default, params (string Name, string Value)[] parameters) =>
        Device(template, tokenAge, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), parameters);

    ProvisionThing Device(string template, TimeSpan tokenAge, string claimId, (string Name, string Value)[] parameters)
    {
        var certificateId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var flowId = Guid.CreateVersion7().ToString("N");
        return new ProvisionThing
        {
            Flow = new() { FlowId = Guid.CreateVersion7().ToString("N"), SessionId = Guid.CreateVersion7().ToString("N"), PrincipalId = claimId, ClientId = $"client-{certificateId[..8]}" },
            TemplateName = template,
            OwnershipToken = OwnershipToken.Mint(_key, certificateId, claimId, flowId, DateTimeOffset.UtcNow - tokenAge),
            Parameters = parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value),
        };
    }

    /// <summary>As the gateway does it: first in the batch, then, when the template has a hook, alone.</summary>
    internal async Task<ProvisionThingAnswer> ProvisionHooked(ProvisionThing request)
    {
        (await Provision(request)).AskHooked.ShouldBeTrue();
        return (await Ask.Ask<ProvisionHookedThing, HookedThingProvisioned>(new() { Item = request }, TimeSpan.FromSeconds(10))).Value!.Answer;
    }

    internal Task<RegisterThingAnswer> Register(RegisterThing request) =>
        _neighbours.Services.GetRequiredService<IBatcher<RegisterThing, RegisterThingAnswer>>().Ask(request);

    /// <summary>News from a neighbour.</summary>
    internal Task Publish<T>(T news) where T : class => _neighbours.Services.GetRequiredService<IBus>().Publish(news);

    internal OwnershipToken TokenOf(ProvisionThing request) =>
        OwnershipToken.Verify(_key, request.OwnershipToken, DateTimeOffset.UtcNow, out _)!;

    /// <summary>Event types of a flow, in order.</summary>
    internal async Task<string[]> Recorded(string flowId) =>
        [.. (await Store.FetchStreamAsync(StreamId.Of("provisioning", flowId))).Select(recorded => recorded.Type)];

    /// <summary>A template of its own for one test.</summary>
    internal async Task<string> Template(string body = Bodies.Sensor, bool enabled = true, string? type = null, string? hook = null)
    {
        var name = $"t-{Guid.CreateVersion7():N}";
        var answer = await Ask.Ask<CreateTemplate, TemplateDescription>(
            new()
            {
                TemplateName = name, TemplateBody = body, Enabled = enabled, Type = type, RequestedBy = "test",
                Hook = hook is null ? null : new() { PayloadVersion = "2020-04-01", TargetArn = hook }
            });
        answer.Refused.ShouldBeNull();
        return name;
    }

    internal async Task Update(UpdateTemplate update) =>
        (await Ask.Ask<UpdateTemplate, TemplateDescription>(update)).Refused.ShouldBeNull();
}

/// <summary>As much of ThingRegistry as its contract promises: idempotent by certificate, other resources refused.</summary>
sealed class RegistryStandIn
{
    readonly ConcurrentDictionary<string, string> _applied = new(StringComparer.Ordinal);

    /// <summary>Certificates for which it does not answer, as when it is restarting.</summary>
    public ConcurrentDictionary<string, bool> Silent { get; } = new(StringComparer.Ordinal);

    public ApplyProvisioningAnswer Apply(ApplyProvisioning item)
    {
        var resources = JsonSerializer.Serialize(item with { Flow = null!, TemplateVersion = 0 });
        if (_applied.GetOrAdd(item.CertificateId, resources) != resources)
            return new() { Refused = Reasons.TokenReplayed.ToRefused("Other resources.") };
        if (item.Thing?.ThingTypeName is { } missing)
            return new() { Refused = Reasons.ResourceMissing.ToRefused($"There is no thing type \"{missing}\".") };

        return new()
        {
            Grant = new()
            {
                CertificateId = item.CertificateId,
                Status = item.CertificateStatus,
                Version = 2,
                Policies = [],
                Things = item.Thing is { } thing ? [new() { ThingName = thing.ThingName, Attributes = thing.Attributes ?? new Dictionary<string, string>() }] : [],
            },
        };
    }
}

sealed class FindIssuedStandIn(Stack stack) : IConsumer<FindIssuedCertificate>
{
    public Task Consume(ConsumeContext<FindIssuedCertificate> context) =>
        context.RespondAsync(new IssuedCertificateFound { CertificatePem = stack.Certificates.GetValueOrDefault(context.Message.CertificateId, $"pem of {context.Message.CertificateId}") });
}

sealed class RehearseStandIn : IConsumer<RehearseProvisioning>
{
    public Task Consume(ConsumeContext<RehearseProvisioning> context) => context.RespondAsync(new ProvisioningRehearsed
    {
        Changes = [$"thing {context.Message.Item.Thing?.ThingName} is created"],
        Grant = new()
        {
            CertificateId = context.Message.Item.CertificateId,
            Status = context.Message.Item.CertificateStatus,
            Version = 1,
            Policies = [.. context.Message.Item.Policies.Select(policy => new PolicyGrant { PolicyName = policy.PolicyName ?? "inline", VersionId = "1", Document = policy.PolicyDocument ?? Bodies.ThingPolicy })],
            Things = [new() { ThingName = context.Message.Item.Thing!.ThingName, Attributes = new Dictionary<string, string>() }],
        },
    });
}

sealed class RegistryStandInConsumer(RegistryStandIn registry) : IConsumer<ApplyProvisionings>
{
    public Task Consume(ConsumeContext<ApplyProvisionings> context) => context.Message.Items.Any(item => registry.Silent.ContainsKey(item.CertificateId))
        ? Task.CompletedTask
        : context.RespondAsync(new ApplyProvisioningsAnswer { Items = [.. context.Message.Items.Select(registry.Apply)] });
}
