namespace FleetPlatform.Policy.Tests;

public sealed class PolicyDocumentTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    [InlineData("{}", "Version")]
    [InlineData("""{"Version":"2008-10-17","Statement":[]}""", "Version")]
    [InlineData("""{"Version":2012,"Statement":[]}""", "Version")]
    [InlineData("""{"Version":"2012-10-17"}""", "Statement")]
    [InlineData("""{"Version":"2012-10-17","Statement":[]}""", "Statement")]
    [InlineData("""{"Version":"2012-10-17","Statement":"x"}""", "Statement")]
    [InlineData("""{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}""", "")]
    [InlineData("""{"Version":"2012-10-17","Statement":{"Effect":"allow","Action":"iot:*","Resource":"*"}}""", "Statement.Effect")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Action":"iot:*","Resource":"*"}]}""", "Statement[0].Effect")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}""", "Statement[0].Action")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":"*"}]}""", "Statement[0].Action")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iot:Publish",7],"Resource":"*"}]}""", "Statement[0].Action[1]")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}""", "Statement[0].Action")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"Publish","Resource":"*"}]}""", "Statement[0].Action")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:","Resource":"*"}]}""", "Statement[0].Action")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*"}]}""", "Statement[0]")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","NotResource":"*"}]}""", "Statement[0]")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"topic/a"}]}""", "Statement[0].Resource")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":["*","arn:aws:iot:x"]}]}""", "Statement[0].Resource[1]")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:topic/${iot:ClientId"}]}""", "Statement[0].Resource")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:topic/\uffff"}]}""", "Statement[0].Resource")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Principal":"*"}]}""", "Statement[0]")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Sid":1}]}""", "Statement[0].Sid")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":[]}]}""", "Statement[0].Condition")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Equals":{"iot:ClientId":"a"}}}]}""",
        "Statement[0].Condition.Equals.iot:ClientId")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"Bool":{"iot:ClientId":"maybe"}}}]}""",
        "Statement[0].Condition.Bool.iot:ClientId")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"1.2.3"}}}]}""",
        "Statement[0].Condition.IpAddress.aws:SourceIp")]
    public void A_mistake_is_named_by_its_path(string json, string path) =>
        Should.Throw<PolicySyntaxException>(() => PolicyDocument.Compile(json)).Path.ShouldBe(path);

    [Fact]
    public void Length_counts_without_white_space()
    {
        var statement = Ask.Statement("Allow", "iot:Publish", Ask.Arn + "topic/");
        var room = PolicyDocument.MaximumCharacters - Ask.Document(statement).Length;

        string Filled(int by) => Ask.Document(Ask.Statement("Allow", "iot:Publish", Ask.Arn + "topic/" + new string('a', by))).Replace("{", "{\n \t ", StringComparison.Ordinal);

        PolicyDocument.Compile(Filled(room));
        Should.Throw<PolicySyntaxException>(() => PolicyDocument.Compile(Filled(room + 1))).Message.ShouldContain("2049");
        Should.Throw<PolicySyntaxException>(() => PolicyDocument.Compile(Filled(0) + new string(' ', PolicyDocument.MaximumRawCharacters)));
    }

    [Fact]
    public void A_json_bomb_is_refused() => Should.Throw<PolicySyntaxException>(() => PolicyDocument.Compile(string.Concat(Enumerable.Repeat("[", 2000))));

    [Fact]
    public void A_lone_surrogate_is_refused() => Should.Throw<PolicySyntaxException>(() => PolicyDocument.Compile(
        """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"arn:aws:iot:r:a:topic/\ud800"}]}"""));

    [Fact]
    public void Random_damage_is_compiled_or_refused_and_never_anything_else()
    {
        var seed = Ask.Document(Ask.Statement("Deny", "iot:Publish", Ask.Arn + "topic/${iot:ClientId}/*", """{"ForAllValues:StringEquals":{"iot:ConnectAttributes":["LastWill"]}}"""));
        var random = new Random(8);
        for (var round = 0; round < 20_000; round++)
        {
            var text = seed.ToCharArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--) text[random.Next(text.Length)] = (char)random.Next(1, 0x250);
            try
            {
                new CompiledPolicySet(PolicyDocument.Compile(new string(text))).Publish("a/b");
            }
            catch (PolicySyntaxException)
            {
                // As it should.
            }
        }
    }
}
