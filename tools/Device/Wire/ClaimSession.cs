using System.Globalization;
using System.Threading.Channels;
using FleetPlatform.Mqtt;

namespace FleetPlatform.Device;

/// <summary>A certificate that the platform made out, and the proof that it was given to this device.</summary>
sealed record IssuedCertificate(Credential Credential, string OwnershipToken);

/// <summary>The provisioning API over a connection with the claim. One request at a time: answers carry no correlation.</summary>
sealed class ClaimSession(MqttClientConnection connection, DeviceOptions options) : IAsyncDisposable
{
    string CertificateTopic => options.Key == KeyOrigin.Server
        ? ProvisioningTopics.CreateKeys(options.Format)
        : ProvisioningTopics.CreateFromCsr(options.Format);

    string RegisterTopic => ProvisioningTopics.RegisterThing(options.TemplateName, options.Format);

    /// <summary>Before any request: an answer that nobody waits for is lost on some brokers.</summary>
    public async Task Subscribe(CancellationToken cancellation)
    {
        string[] topics =
        [
            ProvisioningTopics.Accepted(CertificateTopic), ProvisioningTopics.Rejected(CertificateTopic),
            ProvisioningTopics.Accepted(RegisterTopic), ProvisioningTopics.Rejected(RegisterTopic),
        ];
        var granted = await connection.Subscribe([.. topics.Select(topic => new TopicSubscription(topic, options.QoS))], cancellation);
        for (var i = 0; i < topics.Length; i++)
            if (granted[i].IsFailure())
                throw new ProvisioningException(DeviceStep.Subscribe, "refused", $"{topics[i]}: {granted[i]}", retryable: false);
    }

    /// <param name="privateKeyPem">The device's key; null when the platform makes it.</param>
    /// <param name="signingRequest">The request made with it; null likewise.</param>
    public async Task<IssuedCertificate> RequestCertificate(string? privateKeyPem, string? signingRequest, CancellationToken cancellation)
    {
        var body = signingRequest is null
            ? options.Format == PayloadFormat.Json ? "{}"u8.ToArray() : []
            : ProvisioningPayload.Write(options.Format, new Dictionary<string, string> { ["certificateSigningRequest"] = signingRequest });
        // Answers carry no correlation: one with a certificate for another key belongs to an earlier request, which was given up too soon.
        Credential? pair = null;
        var answer = await Ask(DeviceStep.RequestCertificate, CertificateTopic, body, cancellation, fits: given =>
            privateKeyPem is null || (pair = Credential.TryRead(given.Texts.GetValueOrDefault("certificatePem"), privateKeyPem)) is not null);
        return new(pair ?? new Credential(answer.Text("certificatePem"), answer.Text("privateKey")), answer.Text("certificateOwnershipToken"));
    }

    public async Task<DeviceIdentity> RegisterThing(IssuedCertificate issued, CancellationToken cancellation)
    {
        var body = ProvisioningPayload.Write(options.Format,
            new Dictionary<string, string> { ["certificateOwnershipToken"] = issued.OwnershipToken }, "parameters", options.Parameters);
        var answer = await Ask(DeviceStep.RegisterThing, RegisterTopic, body, cancellation);
        return new DeviceIdentity
        {
            CertificateId = issued.Credential.CertificateId,
            ThingName = answer.Texts.GetValueOrDefault("thingName"),
            Configuration = answer.Maps.GetValueOrDefault("deviceConfiguration") ?? [],
        };
    }

    async Task<ProvisioningPayload.Answer> Ask(
        DeviceStep step, string topic, ReadOnlyMemory<byte> body, CancellationToken cancellation, Func<ProvisioningPayload.Answer, bool>? fits = null)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(options.AnswerTimeout);
        // The answer may overtake the acknowledgement: both are waited for, the answer decides.
        var answered = ReadAnswer(topic, fits, deadline.Token);
        try
        {
            var acknowledged = await connection.Publish(topic, body, options.QoS, cancellation: deadline.Token);
            if (acknowledged.IsFailure()) throw new ProvisioningException(step, "refused", $"{topic}: {acknowledged}", retryable: false);

            var (accepted, answer) = await answered;
            return accepted ? answer : throw Rejection(step, answer);
        }
        catch (FormatException wrong)
        {
            throw new ProvisioningException(step, "answer", wrong.Message, retryable: false, wrong);
        }
        catch (Exception late) when (late is OperationCanceledException or TimeoutException && !cancellation.IsCancellationRequested)
        {
            throw new ProvisioningException(step, "timeout", $"No answer within {options.AnswerTimeout.TotalSeconds:0.#} s.", retryable: true, late);
        }
        catch (Exception lost) when (lost is IOException or ChannelClosedException)
        {
            throw new ProvisioningException(step, "connection", "The connection ended before the answer came.", retryable: true, lost);
        }
        finally
        {
            // One that reads on would take what comes next from those it is meant for.
            await deadline.CancelAsync();
            await ((Task)answered).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task<(bool Accepted, ProvisioningPayload.Answer Answer)> ReadAnswer(
        string topic, Func<ProvisioningPayload.Answer, bool>? fits, CancellationToken cancellation)
    {
        var (accepted, rejected) = (ProvisioningTopics.Accepted(topic), ProvisioningTopics.Rejected(topic));
        while (true)
        {
            var message = await connection.Incoming.ReadAsync(cancellation);
            if (message.Topic != accepted && message.Topic != rejected) continue;
            var answer = ProvisioningPayload.Read(options.Format, message.Payload);
            if (message.Topic == rejected || fits?.Invoke(answer) != false) return (message.Topic == accepted, answer);
        }
    }

    static ProvisioningException Rejection(DeviceStep step, ProvisioningPayload.Answer answer)
    {
        var status = int.TryParse(answer.Texts.GetValueOrDefault("statusCode"), CultureInfo.InvariantCulture, out var code) ? code : 0;
        return new ProvisioningException(step, answer.Texts.GetValueOrDefault("errorCode") ?? "rejected",
            answer.Texts.GetValueOrDefault("errorMessage") ?? "", retryable: status is 429 or >= 500)
        { StatusCode = status };
    }

    public async ValueTask DisposeAsync() => await connection.Disconnect();
}
