namespace FleetPlatform.ControlPlane.Http;

public sealed class PageTokenTests
{
    [Theory]
    [InlineData("SN-0042"), InlineData("a\nb"), InlineData("ü"), InlineData("")]
    public void What_was_written_is_read(string after) =>
        PageToken.Read("ListThings", PageToken.Write("ListThings", after), "nextToken").ShouldBe(after);

    [Fact]
    public void The_last_page_has_none() => PageToken.Write("ListThings", null).ShouldBeNull();

    [Theory]
    [InlineData("forged"), InlineData("%%%"), InlineData("AAAA")]
    public void Another_text_is_no_token(string token) =>
        Should.Throw<InvalidInputException>(() => PageToken.Read("ListThings", token, "nextToken"));

    [Fact]
    public void A_token_belongs_to_its_operation() =>
        Should.Throw<InvalidInputException>(() => PageToken.Read("ListPolicies", PageToken.Write("ListThings", "x"), "marker"));
}
