namespace FleetPlatform.ThingRegistry.Principals;

/// <summary>
/// What a trusted user's temporary claim may do: what the documented claim policy allows (aws-protocol 1.10), for one template only, with
/// keys made here or with a CSR. It is no policy of the registry: never listed, never attached, never edited.
/// </summary>
sealed class ClaimPolicy(Arn arn)
{
    public const string Name = "aws-provisioning-claim";

    /// <param name="template">Its name: letters, digits, '_' and '-' only.</param>
    public PolicyGrant For(string template)
    {
        string[] topics = ["$aws/certificates/create/*", "$aws/certificates/create-from-csr/*", $"$aws/provisioning-templates/{template}/provision/*"];
        return new()
        {
            PolicyName = Name,
            VersionId = "1",
            Document = $$"""
                {"Version":"2012-10-17","Statement":[
                {"Effect":"Allow","Action":"iot:Connect","Resource":"*"},
                {"Effect":"Allow","Action":["iot:Publish","iot:Receive"],"Resource":[{{List(topics, arn.Topic)}}]},
                {"Effect":"Allow","Action":"iot:Subscribe","Resource":[{{List(topics, arn.TopicFilter)}}]}]}
                """,
        };
    }

    static string List(string[] topics, Func<string, string> resource) => string.Join(",", topics.Select(topic => $"\"{resource(topic)}\""));
}
