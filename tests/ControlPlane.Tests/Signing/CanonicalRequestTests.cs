namespace FleetPlatform.ControlPlane.Signing;

/// <summary>AWS's published examples for Signature Version 4 (the aws-sig-v4-test-suite).</summary>
public sealed class CanonicalRequestTests
{
    const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Theory]
    [InlineData("GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "/", "Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("GET", "/example/..", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "/./", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    public void The_signature_is_the_published_one(string method, string path, string query, string signature)
    {
        var request = Request(method, path, query);

        CanonicalRequest.Sign(CanonicalRequest.Write(request, Claim, EmptyHash), Claim, Secret).ShouldBe(signature);
    }

    [Fact]
    public void A_path_is_encoded_once_more_than_on_the_wire() =>
        CanonicalRequest.Write(Request("GET", "/a%2Fb/c d~", ""), Claim, EmptyHash).Split('\n')[1].ShouldBe("/a%252Fb/c%20d~");

    [Fact]
    public void A_query_is_sorted_and_encoded_one_way() =>
        CanonicalRequest.Write(Request("GET", "/", "b=%2f&a=x+y&a=1&c"), Claim, EmptyHash).Split('\n')[2].ShouldBe("a=1&a=x%2By&b=%2F&c=");

    static SignatureClaim Claim { get; } = new(
        "AKIDEXAMPLE", "20150830", "us-east-1", "service", ["host", "x-amz-date"], "", default, "20150830T123600Z", null);

    static SignedRequest Request(string method, string path, string query) => new(method, path, query,
        new[] { ("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z") }.ToLookup(header => header.Item1, header => header.Item2));
}
