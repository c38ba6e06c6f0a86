using System.Security.Authentication;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Device.Tests;

public sealed class ReferenceDeviceTests : IAsyncLifetime
{
    PlatformStandIn _platform = null!;

    public async ValueTask InitializeAsync() => _platform = await PlatformStandIn.Start();

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Theory]
    [InlineData(PayloadFormat.Json, KeyOrigin.DeviceEcdsaP256, ProtocolVersion.V311, SslProtocols.Tls13, QoS.AtLeastOnce)]
    [InlineData(PayloadFormat.Cbor, KeyOrigin.DeviceEcdsaP256, ProtocolVersion.V500, SslProtocols.Tls12, QoS.AtLeastOnce)]
    [InlineData(PayloadFormat.Json, KeyOrigin.Server, ProtocolVersion.V500, SslProtocols.Tls13, QoS.AtMostOnce)]
    [InlineData(PayloadFormat.Cbor, KeyOrigin.Server, ProtocolVersion.V311, SslProtocols.Tls12, QoS.AtMostOnce)]
    [InlineData(PayloadFormat.Json, KeyOrigin.DeviceRsa2048, ProtocolVersion.V311, SslProtocols.Tls13, QoS.AtLeastOnce)]
    public async Task A_factory_fresh_device_becomes_operational(PayloadFormat format, KeyOrigin key, ProtocolVersion version, SslProtocols tls, QoS qos)
    {
        var store = new MemoryCredentialStore(_platform.Claim);
        var options = _platform.Options() with { Format = format, Key = key, Version = version, Tls = tls, QoS = qos, ApplicationProtocols = ["x-amzn-mqtt-ca"] };
        var device = new ReferenceDevice(options, store);

        var identity = await device.Provision(TestContext.Current.CancellationToken);

        identity.ThingName.ShouldBe("sensor-0042");
        identity.Configuration.ShouldBe(new Dictionary<string, string> { ["interval"] = "60" });
        store.ReadClaim().ShouldBeNull();
        store.ReadDevice()!.CertificateId.ShouldBe(identity.CertificateId);
        await using var connection = await device.Connect(TestContext.Current.CancellationToken);
        connection.ClientId.ShouldBe("sensor-0042");
    }

    [Fact]
    public async Task Its_steps_are_told_in_order_with_their_times()
    {
        var steps = new Steps();

        await new ReferenceDevice(_platform.Options(), new MemoryCredentialStore(_platform.Claim), steps).Provision(TestContext.Current.CancellationToken);

        steps.Reports.Select(report => report.Step).ShouldBe(
        [
            DeviceStep.ConnectWithClaim, DeviceStep.Subscribe, DeviceStep.GenerateKey, DeviceStep.RequestCertificate, DeviceStep.StoreCredentials,
            DeviceStep.RegisterThing, DeviceStep.Reconnect, DeviceStep.DeleteClaim,
        ]);
        steps.Reports.ShouldAllBe(report => report.Attempt == 1 && report.Duration >= TimeSpan.Zero && report.Failure == null);
    }

    [Fact]
    public async Task Provisioning_again_only_connects()
    {
        var store = new MemoryCredentialStore(_platform.Claim);
        var first = await new ReferenceDevice(_platform.Options(), store).Provision(TestContext.Current.CancellationToken);

        var again = await new ReferenceDevice(_platform.Options(), store).Provision(TestContext.Current.CancellationToken);

        again.ThingName.ShouldBe(first.ThingName);
        _platform.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_may_pass_is_tried_again_with_the_same_certificate()
    {
        _platform.Mishaps.Enqueue(new Rejection(429, "TooManyRequests"));
        await Provision();
        _platform.Requests.Count(topic => topic.EndsWith("create-from-csr", StringComparison.Ordinal)).ShouldBe(2);
        _platform.Requests.Clear();

        var registering = new Steps(report =>
        {
            if (report is { Step: DeviceStep.RequestCertificate, Failure: null }) _platform.Mishaps.Enqueue(new Rejection(500, "InternalServerError"));
        });
        await Provision(registering);
        _platform.Requests.Count(topic => topic.EndsWith("create-from-csr", StringComparison.Ordinal)).ShouldBe(1);
        _platform.Requests.Count(topic => topic.EndsWith("provision", StringComparison.Ordinal)).ShouldBe(2);
        registering.Reports.Single(report => report.Failure is not null).Failure!.ShouldSatisfyAllConditions(
            failure => failure.Code.ShouldBe("InternalServerError"), failure => failure.StatusCode.ShouldBe(500), failure => failure.Retryable.ShouldBeTrue());
    }

    [Fact]
    public async Task A_lost_answer_and_a_lost_connection_are_tried_again()
    {
        _platform.Mishaps.Enqueue(new Silence());
        _platform.Mishaps.Enqueue(new Drop());
        var steps = new Steps();

        await Provision(steps, _platform.Options() with { AnswerTimeout = TimeSpan.FromSeconds(5) });

        steps.Reports.Where(report => report.Failure is not null).Select(report => report.Failure!.Code).ShouldBe(["timeout", "connection"]);
    }

    [Fact]
    public async Task A_token_that_is_spent_leads_to_a_new_certificate()
    {
        var steps = new Steps(report =>
        {
            if (report is { Step: DeviceStep.RequestCertificate, Failure: null, Attempt: 1 }) _platform.Mishaps.Enqueue(new Rejection(400, "InvalidCertificateOwnershipToken"));
        });

        await Provision(steps);

        _platform.Requests.Count(topic => topic.EndsWith("create-from-csr", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Theory]
    [InlineData(PayloadFormat.Json)]
    [InlineData(PayloadFormat.Cbor)]
    public async Task What_will_not_pass_ends_it_and_the_claim_stays(PayloadFormat format)
    {
        var store = new MemoryCredentialStore(_platform.Claim);
        _platform.Mishaps.Enqueue(new Rejection(400, "InvalidCsr"));

        var failure = await Should.ThrowAsync<ProvisioningException>(() =>
            new ReferenceDevice(_platform.Options() with { Format = format }, store).Provision(TestContext.Current.CancellationToken));

        (failure.Step, failure.Code, failure.StatusCode).ShouldBe((DeviceStep.RequestCertificate, "InvalidCsr", 400));
        _platform.Requests.Count.ShouldBe(1);
        store.ReadClaim().ShouldNotBeNull();
    }

    [Fact]
    public async Task A_claim_that_is_not_known_is_refused()
    {
        var failure = await Should.ThrowAsync<ProvisioningException>(() =>
            new ReferenceDevice(_platform.Options(), new MemoryCredentialStore(_platform.MakeCredential("stranger"))).Provision(TestContext.Current.CancellationToken));

        (failure.Step, failure.Code).ShouldBe((DeviceStep.ConnectWithClaim, "refused"));
    }

    [Fact]
    public async Task A_server_of_another_root_is_not_talked_to()
    {
        await using var other = await PlatformStandIn.Start();

        var failure = await Should.ThrowAsync<ProvisioningException>(() => new ReferenceDevice(
            _platform.Options() with { Roots = other.Roots }, new MemoryCredentialStore(_platform.Claim)).Provision(TestContext.Current.CancellationToken));

        (failure.Code, failure.Retryable).ShouldBe(("tls", false));
        _platform.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_is_away_is_tried_as_often_as_allowed()
    {
        var steps = new Steps();
        var options = _platform.Options() with { Port = 1, Retry = new() { Attempts = 3, FirstDelay = TimeSpan.FromMilliseconds(1) } };

        var failure = await Should.ThrowAsync<ProvisioningException>(() =>
            new ReferenceDevice(options, new MemoryCredentialStore(_platform.Claim), steps).Provision(TestContext.Current.CancellationToken));

        (failure.Code, failure.Retryable).ShouldBe(("connection", true));
        steps.Reports.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Without_any_credential_it_says_so() =>
        (await Should.ThrowAsync<ProvisioningException>(() =>
            new ReferenceDevice(_platform.Options(), new MemoryCredentialStore()).Provision(TestContext.Current.CancellationToken))).Code.ShouldBe("credentials");

    [Fact]
    public async Task A_fleet_is_simulated()
    {
        var summary = await new FleetSimulator(new() { Devices = 12, Parallel = 4, Claim = _platform.Claim, Device = number => _platform.Options($"{number}") })
            .Run(cancellation: TestContext.Current.CancellationToken);

        (summary.Succeeded, summary.Failed).ShouldBe((12, 0));
        summary.Steps.Keys.ShouldBe(Enum.GetValues<DeviceStep>().Where(step => step <= DeviceStep.DeleteClaim), ignoreOrder: true);
        summary.Steps.Values.ShouldAllBe(step => step.Count == 12 && step.P50 <= step.P95 && step.P95 <= step.P99 && step.P99 <= step.Maximum);
        summary.Rate.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Failures_and_retries_of_a_fleet_are_counted_by_reason()
    {
        for (var i = 0; i < 3; i++) _platform.Mishaps.Enqueue(new Rejection(400, "InvalidCsr"));
        _platform.Mishaps.Enqueue(new Rejection(500, "InternalServerError"));
        var seen = 0;

        var summary = await new FleetSimulator(new() { Devices = 6, Parallel = 1, Claim = _platform.Claim, Device = number => _platform.Options($"{number}") })
            .Run(new Told(_ => seen++), TestContext.Current.CancellationToken);

        (summary.Succeeded, summary.Failed, seen).ShouldBe((3, 3, 6));
        summary.FailuresByReason.ShouldBe(new Dictionary<string, int> { ["RequestCertificate: 400 InvalidCsr"] = 3 });
        summary.RetriesByReason.ShouldBe(new Dictionary<string, int> { ["RequestCertificate: 500 InternalServerError"] = 1 });
    }

    Task<DeviceIdentity> Provision(Steps? steps = null, DeviceOptions? options = null) => new ReferenceDevice(
        options ?? _platform.Options(), new MemoryCredentialStore(_platform.Claim), steps).Provision(TestContext.Current.CancellationToken);

    sealed class Told(Action<SimulationProgress> tell) : IProgress<SimulationProgress>
    {
        public void Report(SimulationProgress value) => tell(value);
    }
}

/// <summary>Keeps reports as they come.</summary>
sealed class Steps(Action<StepReport>? also = null) : IProgress<StepReport>
{
    public List<StepReport> Reports { get; } = [];

    public void Report(StepReport value)
    {
        Reports.Add(value);
        also?.Invoke(value);
    }
}
