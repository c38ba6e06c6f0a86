using FleetPlatform.Contracts.TemplateEngine;
using FleetPlatform.ServiceDefaults;

namespace FleetPlatform.TemplateEngine.Tests.Templates;

public class TemplateDoorsTests(Stack stack)
{
    IAsk Ask => stack.Ask;

    [Fact]
    public async Task A_template_lives_through_its_versions()
    {
        var name = await stack.Template(enabled: false);

        var second = (await Ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(
            new() { TemplateName = name, TemplateBody = Bodies.Probe, SetAsDefault = true, RequestedBy = "test" })).Value!;
        (second.VersionId, second.IsDefaultVersion).ShouldBe((2, true));

        await stack.Update(new() { TemplateName = name, Description = "sensors", Enabled = true, RequestedBy = "test" });
        var description = (await Ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = name })).Value!;
        (description.Description, description.Enabled, description.DefaultVersionId, description.TemplateBody).ShouldBe(("sensors", true, 2, Bodies.Probe));

        var versions = (await Ask.Ask<ListTemplateVersions, TemplateVersionsListed>(new() { TemplateName = name })).Value!.Items;
        versions.Select(version => (version.VersionId, version.IsDefaultVersion, version.TemplateBody)).ShouldBe([(1, false, ""), (2, true, "")]);
        (await Ask.Ask<DescribeTemplateVersion, TemplateVersionDescription>(new() { TemplateName = name, VersionId = 1 })).Value!.TemplateBody.ShouldBe(Bodies.Sensor);

        (await Ask.Ask<DeleteTemplate, TemplateDeleted>(new() { TemplateName = name, RequestedBy = "test" })).Refused!.Code.ShouldBe("delete-conflict");
        (await Ask.Ask<DeleteTemplateVersion, TemplateDeleted>(new() { TemplateName = name, VersionId = 1, RequestedBy = "test" })).Refused.ShouldBeNull();
        (await Ask.Ask<DeleteTemplate, TemplateDeleted>(new() { TemplateName = name, RequestedBy = "test" })).Refused.ShouldBeNull();
        (await Ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = name })).Refused!.Code.ShouldBe("not-found");
        (await Listed()).ShouldNotContain(template => template.TemplateName == name);
    }

    [Fact]
    public async Task A_listing_is_ordered_and_paged()
    {
        string[] names = [await stack.Template(), await stack.Template(enabled: false), await stack.Template()];

        var listed = await Listed(limit: 2);

        listed.Select(template => template.TemplateName).ShouldBe(listed.Select(template => template.TemplateName).Order(StringComparer.Ordinal));
        listed.Where(template => names.Contains(template.TemplateName)).Count().ShouldBe(3);
        listed.First(template => template.TemplateName == names[1]).ShouldSatisfyAllConditions(
            template => template.Enabled.ShouldBeFalse(), template => template.DefaultVersionId.ShouldBe(1), template => template.TemplateBody.ShouldBeEmpty());
    }

    [Fact]
    public async Task A_default_that_moves_moves_in_the_listing()
    {
        var name = await stack.Template();
        await Ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(new() { TemplateName = name, TemplateBody = Bodies.Probe, RequestedBy = "test" });

        (await Listed()).First(template => template.TemplateName == name).DefaultVersionId.ShouldBe(1);
        await stack.Update(new() { TemplateName = name, DefaultVersionId = 2, RequestedBy = "test" });

        (await Listed()).First(template => template.TemplateName == name).DefaultVersionId.ShouldBe(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../etc")]
    [InlineData("a b")]
    [InlineData("0123456789012345678901234567890123456")]
    public async Task A_name_that_cannot_be_is_refused_by_every_door(string name)
    {
        (await Ask.Ask<CreateTemplate, TemplateDescription>(new() { TemplateName = name, TemplateBody = Bodies.Sensor, RequestedBy = "test" })).Refused!.Code.ShouldBe("invalid-request");
        (await Ask.Ask<UpdateTemplate, TemplateDescription>(new() { TemplateName = name, RequestedBy = "test" })).Refused!.Code.ShouldBe("invalid-request");
        (await Ask.Ask<DeleteTemplate, TemplateDeleted>(new() { TemplateName = name, RequestedBy = "test" })).Refused!.Code.ShouldBe("invalid-request");
        (await Ask.Ask<DescribeTemplate, TemplateDescription>(new() { TemplateName = name })).Refused!.Code.ShouldBe("not-found");
        (await Ask.Ask<CreateTemplateVersion, TemplateVersionDescription>(new() { TemplateName = name, TemplateBody = Bodies.Sensor, RequestedBy = "test" })).Refused!.Code.ShouldBe("invalid-request");
        (await Ask.Ask<DescribeTemplateVersion, TemplateVersionDescription>(new() { TemplateName = name, VersionId = 1 })).Refused!.Code.ShouldBe("not-found");
        (await Ask.Ask<DeleteTemplateVersion, TemplateDeleted>(new() { TemplateName = name, VersionId = 1, RequestedBy = "test" })).Refused!.Code.ShouldBe("invalid-request");
        (await Ask.Ask<ListTemplateVersions, TemplateVersionsListed>(new() { TemplateName = name })).Refused!.Code.ShouldBe("not-found");
    }

    [Fact]
    public async Task A_body_with_a_mistake_is_refused_with_its_place()
    {
        var answer = await Ask.Ask<CreateTemplate, TemplateDescription>(
            new() { TemplateName = "mistaken", TemplateBody = "{\"Resources\": {}, \"Outputs\": {}}", RequestedBy = "test" });

        answer.Refused!.Code.ShouldBe("invalid-request");
        answer.Refused.Detail.ShouldContain("column 19, $.Outputs");
    }

    async Task<List<TemplateDescription>> Listed(int limit = 250)
    {
        var items = new List<TemplateDescription>();
        string? after = null;
        do
        {
            var page = (await Ask.Ask<ListTemplates, TemplatesListed>(new() { After = after, Limit = limit })).Value!;
            page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
            items.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);
        return items;
    }
}
