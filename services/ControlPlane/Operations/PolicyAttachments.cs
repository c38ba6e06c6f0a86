using FleetPlatform.ControlPlane.Http;

namespace FleetPlatform.ControlPlane.Operations;

/// <summary>Policies to certificates and groups, and back (aws-protocol 11.6); the deprecated forms too, which old tools still call.</summary>
sealed class PolicyAttachments(IAsk ask, Arn arn) : IOperations
{
    const string PrincipalHeader = "x-amzn-iot-principal";
    const string PolicyHeader = "x-amzn-iot-policy";

    public IEnumerable<Operation> All =>
    [
        new("AttachPolicy", "PUT /target-policies/{policyName}", (request, cancellation) => Attach(request, arn.Target(request.Text("target")), cancellation)),
        new("DetachPolicy", "POST /target-policies/{policyName}", (request, cancellation) => Detach(request, arn.Target(request.Text("target")), cancellation)),
        new("ListAttachedPolicies", "POST /attached-policies/{target}", (request, cancellation) => ListPolicies(request, arn.Target(request.Path("target")), cancellation)),
        new("ListTargetsForPolicy", "POST /policy-targets/{policyName}", ListTargets),
        new("AttachPrincipalPolicy", "PUT /principal-policies/{policyName}", (request, cancellation) => Attach(request, Principal(request), cancellation)),
        new("DetachPrincipalPolicy", "DELETE /principal-policies/{policyName}", (request, cancellation) => Detach(request, Principal(request), cancellation)),
        new("ListPrincipalPolicies", "GET /principal-policies", (request, cancellation) => ListPolicies(request, Principal(request), cancellation)),
        new("ListPolicyPrincipals", "GET /policy-principals", ListPrincipals),
    ];

    PolicyTarget Principal(OperationRequest request) => new() { CertificateId = arn.CertificateIn(request.Header(PrincipalHeader)) };

    async Task<Reply> Attach(OperationRequest request, PolicyTarget target, CancellationToken cancellation) =>
        (await ask.Ask<AttachPolicy, Done>(
            new() { PolicyName = request.Path("policyName"), Target = target, RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> Detach(OperationRequest request, PolicyTarget target, CancellationToken cancellation) =>
        (await ask.Ask<DetachPolicy, Done>(
            new() { PolicyName = request.Path("policyName"), Target = target, RequestedBy = request.Caller }, cancellation)).Reply();

    async Task<Reply> ListPolicies(OperationRequest request, PolicyTarget target, CancellationToken cancellation)
    {
        if (request.Flag("recursive")) return Reply.Refuse(Reasons.InvalidRequest, "recursive is not supported; ask for each group.");
        var answer = await ask.Ask<ListAttachedPolicies, PoliciesListed>(new() { Target = target, Page = request.MarkerPage() }, cancellation);
        return answer.Reply(page => new { policies = page.Items.Select(policy => Policies.Item(policy, arn)), nextMarker = request.Next(page.Next) });
    }

    async Task<Reply> ListTargets(OperationRequest request, CancellationToken cancellation) =>
        (await Targets(request, request.Path("policyName"), cancellation)).Reply(page => new
        {
            targets = page.Items.Select(arn.Of),
            nextMarker = request.Next(page.Next),
        });

    async Task<Reply> ListPrincipals(OperationRequest request, CancellationToken cancellation)
    {
        var policy = request.Header(PolicyHeader) ?? throw new InvalidInputException($"{PolicyHeader} is required.");
        return (await Targets(request, policy, cancellation)).Reply(page => new
        {
            principals = page.Items.Where(target => target.CertificateId is not null).Select(arn.Of),
            nextMarker = request.Next(page.Next),
        });
    }

    Task<Answer<PolicyTargetsListed>> Targets(OperationRequest request, string policy, CancellationToken cancellation) =>
        ask.Ask<ListPolicyTargets, PolicyTargetsListed>(new() { PolicyName = policy, Page = request.MarkerPage() }, cancellation);
}
