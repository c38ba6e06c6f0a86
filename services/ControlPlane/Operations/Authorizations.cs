using System.Text.Json;
using FleetPlatform.ControlPlane.Http;
using FleetPlatform.Pki;
using FleetPlatform.Policy;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>
/// What a certificate may do (aws-protocol 11.6): TestAuthorization and GetEffectivePolicies, decided by the function by which gateways decide. Whether the certificate may connect at all
/// (its status, its dates) is not asked here, as on AWS.
/// </summary>
sealed class Authorizations(IAsk ask, Arn arn) : IOperations
{
    // AWS takes as many.
    const int MaximumQuestions = 10;
    const int MaximumAdded = 10;

    public IEnumerable<Operation> All =>
    [
        new("TestAuthorization", "POST /test-authorization", Test),
        new("GetEffectivePolicies", "POST /effective-policies", GetEffective),
    ];

    async Task<Reply> Test(OperationRequest request, CancellationToken cancellation)
    {
        var (questions, clientId) = (ReadQuestions(request), request.Query("clientId") ?? "");
        var (added, skipped) = (request.Texts("policyNamesToAdd"), request.Texts("policyNamesToSkip"));
        if (added.Count > MaximumAdded) throw new InvalidInputException($"policyNamesToAdd has at most {MaximumAdded} names.");
        var (grant, certificate, refused) = await Find(request, cancellation);
        if (grant is null) return Reply.Refuse(refused!);

        var thing = grant.ThingOf(clientId);
        var policies = grant.PoliciesOf(thing).Where(policy => !skipped.Contains(policy.PolicyName)).ToList();
        foreach (var name in added.Where(name => !policies.Exists(policy => policy.PolicyName == name)))
        {
            var found = await ask.Ask<GetPolicy, PolicyDescription>(new() { PolicyName = name }, cancellation);
            if (found.Refused is { } missing) return Reply.Refuse(missing);
            policies.Add(new() { PolicyName = name, VersionId = found.Value!.DefaultVersionId, Document = found.Value.PolicyDocument });
        }

        var context = new PolicyContext
        {
            Region = arn.Region,
            AccountId = arn.AccountId,
            ClientId = clientId,
            CertificateId = grant.CertificateId,
            Certificate = certificate,
            ThingName = thing?.ThingName,
            ThingTypeName = thing?.ThingTypeName,
            ThingAttributes = thing?.Attributes ?? new Dictionary<string, string>(),
            IsAttached = thing is not null,
        };
        return Reply.Of(new { authResults = questions.Select(question => Describe(Authorization.Decide(question, policies, context))).ToArray() });
    }

    async Task<Reply> GetEffective(OperationRequest request, CancellationToken cancellation)
    {
        var (grant, _, refused) = await Find(request, cancellation);
        if (grant is null) return Reply.Refuse(refused!);

        var name = request.Query("thingName");
        var thing = name is null ? grant.ThingOf("") : grant.Things.FirstOrDefault(thing => thing.ThingName == name);
        if (name is not null && thing is null) return Reply.Refuse(Reasons.NotFound, $"The certificate is not attached to a thing {name}.");
        return Reply.Of(new
        {
            effectivePolicies = grant.PoliciesOf(thing)
                .Select(policy => new { policyName = policy.PolicyName, policyArn = arn.Policy(policy.PolicyName), policyDocument = policy.Document }).ToArray(),
        });
    }

    async Task<(PrincipalGrant? Grant, byte[] Certificate, Refused? Refused)> Find(OperationRequest request, CancellationToken cancellation)
    {
        var id = arn.CertificateIn(request.OptionalText("principal"));
        var described = await ask.Ask<DescribeCertificate, CertificateDescription>(new() { CertificateId = id }, cancellation);
        if (described.Refused is { } missing) return (null, [], missing);

        var found = await ask.Ask<FindPrincipals, FindPrincipalsAnswer>(new() { Items = [new() { CertificateId = id }] }, cancellation);
        return (found.Refused ?? found.Value!.Items[0].Refused) is { } refused ? (null, [], refused)
            : found.Value!.Items[0].Grant is { } grant ? (grant, Pem.ReadCertificate(described.Value!.CertificatePem), null)
            : (null, [], Reasons.NotFound.ToRefused($"Certificate {id} does not exist."));
    }

    Question[] ReadQuestions(OperationRequest request)
    {
        var infos = request.List("authInfos").Take(MaximumQuestions + 1).ToArray();
        if (infos.Length is 0 or > MaximumQuestions) throw new InvalidInputException($"authInfos has 1 to {MaximumQuestions} items.");
        var questions = infos.SelectMany(Read).ToArray();
        return questions.Length is 0 or > MaximumQuestions
            ? throw new InvalidInputException($"authInfos name 1 to {MaximumQuestions} resources together.")
            : questions;
    }

    IEnumerable<Question> Read(JsonElement info)
    {
        var type = OperationRequest.TextOf(OperationRequest.Member(info, "actionType"), "authInfos.actionType");
        var (action, kind) = type switch
        {
            "CONNECT" => (PolicyAction.Connect, "client"),
            "PUBLISH" => (PolicyAction.Publish, "topic"),
            "SUBSCRIBE" => (PolicyAction.Subscribe, "topicfilter"),
            "RECEIVE" => (PolicyAction.Receive, "topic"),
            _ => throw new InvalidInputException("authInfos.actionType must be CONNECT, PUBLISH, SUBSCRIBE or RECEIVE."),
        };
        return OperationRequest.ListOf(OperationRequest.Member(info, "resources"), "authInfos.resources").Select(resource => new Question(
            type, action, resource, arn.NameIn(resource, kind) ?? throw new InvalidInputException($"A resource of {type} is {arn.Prefix}{kind}/…")));
    }

    object Describe(Authorized authorized) => new
    {
        authInfo = new { actionType = authorized.Question.ActionType, resources = new[] { authorized.Question.Resource } },
        allowed = Those(authorized, PolicyDecision.Allowed),
        denied = new { implicitDeny = Those(authorized, PolicyDecision.ImplicitDeny), explicitDeny = Those(authorized, PolicyDecision.ExplicitDeny) },
        authDecision = authorized.Decision switch { PolicyDecision.Allowed => "ALLOWED", PolicyDecision.ExplicitDeny => "EXPLICIT_DENY", _ => "IMPLICIT_DENY" },
        missingContextValues = Array.Empty<string>(),
    };

    object Those(Authorized authorized, PolicyDecision decision) => new
    {
        policies = authorized.Policies.Where(policy => policy.Decision == decision)
            .Select(policy => new { policyName = policy.PolicyName, policyArn = arn.Policy(policy.PolicyName) }).ToArray(),
    };
}
