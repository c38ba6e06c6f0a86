using System.Diagnostics;
using FleetPlatform.Contracts;
using FleetPlatform.Contracts.CertificateAuthority;
using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.Mqtt;
using FleetPlatform.MqttGateway.Identity;
using FleetPlatform.MqttGateway.Sessions;
using FleetPlatform.Pki;
using FleetPlatform.Policy;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.MqttGateway.Provisioning;

/// <summary>
/// Carries a device's request to the service that decides it, and its answer back to the one connection that asked (aws-protocol 1.8).
/// Answers never pass through the broker: whatever others subscribe to, they see nothing.
/// </summary>
sealed class AnswerRequests(
    IBatcher<IssueCertificate, IssueCertificateAnswer> authority, IBatcher<ProvisionThing, ProvisionThingAnswer> engine, IAsk ask,
    SealedSecretOpener opener, Principals principals, SessionRecords records, GatewayOptions options, FleetService service,
    TimeProvider clock, GatewayMetrics metrics, ILogger<AnswerRequests> log)
{
    readonly RateLimit _requests = new(options.RequestsPerSecondPerPrincipal, options.RequestBurstPerPrincipal, clock);

    /// <summary>One request on its way.</summary>
    sealed record Request(DeviceConnection Connection, ReservedTopic Topic, string TopicName, ReadOnlyMemory<byte> Payload, string FlowId, long Began);

    /// <summary>Takes a request that the policy has let through. Returns at once; the answer follows.</summary>
    public void Take(MqttClient client, DeviceConnection connection, Publish publish)
    {
        if (!ReservedTopics.TryParse(publish.Topic, out var topic) || topic.Side != TopicSide.Request)
            throw new UnreachableException($"{publish.Topic} is not a request.");

        var place = connection.Requests.Enter();
        if (place == Place.Flooded)
        {
            records.Refused(connection, GatewayMetrics.Name(topic.Operation), publish.Topic, Reasons.TooManyRequests.ToRefused("The connection was ended: it asked faster than it was answered."));
            client.Close(ReasonCode.QuotaExceeded);
            return;
        }

        if (connection.BeginsClaim()) records.ClaimConnected(connection);
        var request = new Request(connection, topic, publish.Topic, publish.Payload, Guid.CreateVersion7().ToString("N"), clock.GetTimestamp());
        connection.Requests.Leave(Answer(request, place), reply => Deliver(client, request, reply));
    }

    async Task<Reply> Answer(Request request, Place place)
    {
        using var activity = service.Source.StartActivity("mqtt publish", ActivityKind.Server, parentContext: default);
        activity?.SetTag("messaging.system", "mqtt").SetTag("messaging.destination.name", request.TopicName)
            .SetTag("fleet.flow_id", request.FlowId).SetTag("fleet.session_id", request.Connection.SessionId);
        var reply = await Serve(request, place);
        var operation = GatewayMetrics.Name(request.Topic.Operation);
        if (reply.Refused is { } refused)
        {
            activity?.SetStatus(ActivityStatusCode.Error, refused.Code);
            Log.RequestRejected(log, operation, request.FlowId, refused.Code, refused.Detail);
            records.Refused(request.Connection, operation, request.TopicName, refused, request.FlowId);
        }

        metrics.Answered(request.Topic.Operation, reply.Refused?.Code ?? "accepted", clock.GetElapsedTime(request.Began));
        return reply;
    }

    async Task<Reply> Serve(Request request, Place place)
    {
        try
        {
            if (place == Place.Rejected)
                return Reject(request, Reasons.TooManyRequests.ToRefused($"More than {options.OutstandingRequests} requests of this connection are unanswered."));
            if (!_requests.TryTake(request.Connection.PrincipalId))
                return Reject(request, Reasons.TooManyRequests.ToRefused("Too many requests with this certificate in this second."));
            return request.Topic.Operation switch
            {
                Operation.CreateKeys => await CreateKeys(request),
                Operation.CreateFromCsr => await CreateFromCsr(request),
                _ => await RegisterThing(request),
            };
        }
        catch (RequestUnavailableException)
        {
            return Reject(request, Reasons.Unavailable.ToRefused("A part of the platform did not answer in time. Retry with back-off."));
        }
        catch (Exception failure) // the device gets an answer, whatever went wrong here
        {
            Log.RequestFailed(log, failure);
            return Reject(request, Reasons.Internal.ToRefused("The request failed inside the platform."));
        }
    }

    // Whatever the body says: devices send nothing, {} or A0 (aws-protocol 1.3).
    async Task<Reply> CreateKeys(Request request)
    {
        var answer = await authority.Ask(new IssueCertificate
        {
            Flow = FlowOf(request),
            Purpose = CertificatePurpose.Device,
            KeyAlgorithm = options.GeneratedKeys,
            SealTo = opener.PublicKey,
        });
        if (answer.Refused is { } refused) return Reject(request, refused);

        request.Connection.Gave(answer.CertificateId!);
        var privateKey = opener.Open(answer.SealedPrivateKey!, request.FlowId);
        try
        {
            return Reply.KeysAndCertificate(request.Topic.Format, answer.OwnershipToken!, answer.CertificateId!, answer.CertificatePem!, privateKey);
        }
        finally
        {
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(privateKey);
        }
    }

    async Task<Reply> CreateFromCsr(Request request)
    {
        var (body, unreadable) = RequestBody.Read(request.Payload, request.Topic.Format);
        if (body is null) return Reject(request, unreadable!);
        if (string.IsNullOrEmpty(body.CertificateSigningRequest)) return Reject(request, Reasons.InvalidCsr.ToRefused("certificateSigningRequest is missing."));
        if (body.CertificateSigningRequest.Length > SigningRequest.MaximumCharacters)
            return Reject(request, Reasons.CsrTooLarge.ToRefused($"The CSR has {body.CertificateSigningRequest.Length} characters; at most {SigningRequest.MaximumCharacters} are accepted."));

        var answer = await authority.Ask(new IssueCertificate
        {
            Flow = FlowOf(request),
            Purpose = CertificatePurpose.Device,
            CertificateSigningRequest = body.CertificateSigningRequest,
            AskersKeyHash = request.Connection.Things is null ? null : request.Connection.Certificate?.KeyHash,
        });
        if (answer.Refused is { } refused) return Reject(request, refused);

        request.Connection.Gave(answer.CertificateId!);
        return Reply.Certificate(request.Topic.Format, answer.OwnershipToken!, answer.CertificateId!, answer.CertificatePem!);
    }

    async Task<Reply> RegisterThing(Request request)
    {
        var (body, unreadable) = RequestBody.Read(request.Payload, request.Topic.Format);
        if (body is null) return Reject(request, unreadable!);
        if (!ReservedTopics.IsTemplateName(request.Topic.TemplateName)) return Reject(request, Reasons.TemplateNotFound.ToRefused("No template can have this name."));

        var item = new ProvisionThing
        {
            Flow = FlowOf(request),
            TemplateName = request.Topic.TemplateName!,
            OwnershipToken = body.OwnershipToken ?? "",
            Parameters = body.Parameters ?? [],
        };
        var askedAt = principals.Changes;
        var answer = await engine.Ask(item);
        if (answer.AskHooked)
        {
            var hooked = await ask.Ask<ProvisionHookedThing, HookedThingProvisioned>(new() { Item = item }, options.HookedRequestTimeout);
            answer = hooked.Value?.Answer ?? new() { Refused = hooked.Refused };
        }

        if (answer.Refused is { } refused) return Reject(request, refused);

        if (answer.Grant is { } grant)
        {
            request.Connection.Gave(grant.CertificateId);
            principals.Learn(grant, FirstConnection.Expected, askedAt);
        }

        return Reply.Thing(request.Topic.Format, answer.ThingName, answer.DeviceConfiguration ?? new Dictionary<string, string>());
    }

    void Deliver(MqttClient client, Request request, Reply reply)
    {
        var connection = request.Connection;
        var topic = request.TopicName + (reply.IsAccepted ? "/accepted" : "/rejected");
        if (!connection.Rights.Allow(PolicyAction.Receive, topic))
        {
            Lost("receive-denied");
            return;
        }

        if (reply.IsAccepted && request.Topic.Operation == Operation.CreateKeys) connection.WipeAtEnd(reply.Body);
        var subscribed = client.SubscribedQoS(topic);
        if (!client.Deliver(topic, reply.Body, subscribed ?? QoS.AtLeastOnce)) Lost("connection-gone");
        else if (subscribed is null) Lost("not-subscribed");

        void Lost(string cause)
        {
            metrics.Undelivered(cause);
            records.NotDelivered(connection, request.FlowId, topic, cause);
        }
    }

    static Reply Reject(Request request, Refused refused) => Reply.Rejected(request.Topic.Format, refused);

    static FlowContext FlowOf(Request request) => request.Connection.FlowOf(request.FlowId);
}
