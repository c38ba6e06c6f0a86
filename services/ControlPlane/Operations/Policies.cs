using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Policies and their versions (aws-protocol 11.6).</summary>
sealed class Policies(IAsk ask, Arn arn) : IOperations
{
    public IEnumerable<Operation> All =>
    [
        new("CreatePolicy", "POST /policies/{policyName}", Create),
        new("GetPolicy", "GET /policies/{policyName}", Get),
        new("DeletePolicy", "DELETE /policies/{policyName}", Delete),
        new("ListPolicies", "GET /policies", List),
        new("CreatePolicyVersion", "POST /policies/{policyName}/version", CreateVersion),
        new("GetPolicyVersion", "GET /policies/{policyName}/version/{policyVersionId}", GetVersion),
        new("SetDefaultPolicyVersion", "PATCH /policies/{policyName}/version/{policyVersionId}", SetDefaultVersion),
        new("DeletePolicyVersion", "DELETE /policies/{policyName}/version/{policyVersionId}", DeleteVersion),
        new("ListPolicyVersions", "GET /policies/{policyName}/version", ListVersions),
    ];

    /// <summary>A policy in a list.</summary>
    public static object Item(PolicyDescription policy, Arn arn) => new { policyName = policy.PolicyName, policyArn = arn.Policy(policy.PolicyName) };

    async Task<Reply> Create(OperationRequest request, CancellationToken cancellation)
    {
        var (name, document) = (request.Path("policyName"), request.Text("policyDocument"));
        var answer = await ask.CreateTagged(request, () => Create(name, document, request, cancellation), policy => arn.Tagged(arn.Policy(name), policy.CreatedAt), cancellation);
        return answer.Reply(policy => new
        {
            policyName = name,
            policyArn = arn.Policy(name),
            policyDocument = policy.PolicyDocument,
            policyVersionId = policy.VersionId,
        }, (name, arn.Policy(name)));
    }

    async Task<Answer<PolicyVersionDescription>> Create(string name, string document, OperationRequest request, CancellationToken cancellation)
    {
        var answer = await ask.Ask<CreatePolicy, PolicyVersionDescription>(
            new() { PolicyName = name, PolicyDocument = document, RequestedBy = request.Caller }, cancellation);
        if (request.IsRetry && answer.Refused?.Code == Reasons.AlreadyExists.Code)
        {
            var first = await ask.Ask<GetPolicyVersion, PolicyVersionDescription>(new() { PolicyName = name, VersionId = "1" }, cancellation);
            if (first.Value is { IsDefaultVersion: true } made && made.PolicyDocument == document) answer = first;
        }

        return answer;
    }

    async Task<Reply> Get(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<GetPolicy, PolicyDescription>(new() { PolicyName = request.Path("policyName") }, cancellation)).Reply(policy => new
        {
            policyName = policy.PolicyName,
            policyArn = arn.Policy(policy.PolicyName),
            policyDocument = policy.PolicyDocument,
            defaultVersionId = policy.DefaultVersionId,
            creationDate = policy.CreatedAt.Epoch(),
            lastModifiedDate = policy.LastModifiedAt.Epoch(),
            generationId = policy.DefaultVersionId,
        });

    async Task<Reply> Delete(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeletePolicy, Done>(new() { PolicyName = request.Path("policyName"), RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> List(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListPolicies, PoliciesListed>(new() { Page = request.MarkerPage() }, cancellation)).Reply(page => new
        {
            policies = page.Items.Select(policy => Item(policy, arn)),
            nextMarker = request.Next(page.Next),
        });

    async Task<Reply> CreateVersion(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<CreatePolicyVersion, PolicyVersionDescription>(new()
        {
            PolicyName = request.Path("policyName"),
            PolicyDocument = request.Text("policyDocument"),
            SetAsDefault = request.Flag("setAsDefault"),
            RequestedBy = request.Caller,
        }, cancellation)).Reply(version => new
        {
            policyArn = arn.Policy(version.PolicyName),
            policyDocument = version.PolicyDocument,
            policyVersionId = version.VersionId,
            isDefaultVersion = version.IsDefaultVersion,
        });

    async Task<Reply> GetVersion(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<GetPolicyVersion, PolicyVersionDescription>(
            new() { PolicyName = request.Path("policyName"), VersionId = request.Path("policyVersionId") }, cancellation)).Reply(version => new
            {
                policyArn = arn.Policy(version.PolicyName),
                policyName = version.PolicyName,
                policyDocument = version.PolicyDocument,
                policyVersionId = version.VersionId,
                isDefaultVersion = version.IsDefaultVersion,
                creationDate = version.CreatedAt.Epoch(),
                lastModifiedDate = version.CreatedAt.Epoch(),
                generationId = version.VersionId,
            });

    async Task<Reply> SetDefaultVersion(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<SetDefaultPolicyVersion, Done>(new()
        {
            PolicyName = request.Path("policyName"), VersionId = request.Path("policyVersionId"), RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> DeleteVersion(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<DeletePolicyVersion, Done>(new()
        {
            PolicyName = request.Path("policyName"), VersionId = request.Path("policyVersionId"), RequestedBy = request.Caller,
        }, cancellation)).Reply();

    async Task<Reply> ListVersions(OperationRequest request, CancellationToken cancellation) =>
        (await ask.Ask<ListPolicyVersions, PolicyVersionsListed>(new() { PolicyName = request.Path("policyName") }, cancellation)).Reply(listed => new
        {
            policyVersions = listed.Items.Select(version => new
            {
                versionId = version.VersionId,
                isDefaultVersion = version.IsDefaultVersion,
                createDate = version.CreatedAt.Epoch(), // createDate, not creationDate: AWS's own exception
            }),
        });
}
