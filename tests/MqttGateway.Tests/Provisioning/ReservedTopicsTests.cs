using FleetPlatform.MqttGateway.Provisioning;

namespace FleetPlatform.MqttGateway.Tests.Provisioning;

public sealed class ReservedTopicsTests
{
    [Theory] // aws-protocol 1.1
    [InlineData("$aws/certificates/create/json", "CreateKeys Json Request ")]
    [InlineData("$aws/certificates/create/json/accepted", "CreateKeys Json Accepted ")]
    [InlineData("$aws/certificates/create/cbor/rejected", "CreateKeys Cbor Rejected ")]
    [InlineData("$aws/certificates/create-from-csr/cbor", "CreateFromCsr Cbor Request ")]
    [InlineData("$aws/certificates/create-from-csr/json/rejected", "CreateFromCsr Json Rejected ")]
    [InlineData("$aws/provisioning-templates/sensor-v2/provision/json", "RegisterThing Json Request sensor-v2")]
    [InlineData("$aws/provisioning-templates/sensor-v2/provision/cbor/accepted", "RegisterThing Cbor Accepted sensor-v2")]
    [InlineData("$aws/provisioning-templates/json/provision/json", "RegisterThing Json Request json")]
    [InlineData("$aws/provisioning-templates/provision/provision/cbor", "RegisterThing Cbor Request provision")]
    public void A_provisioning_topic_is_taken_apart(string topic, string parts)
    {
        ReservedTopics.TryParse(topic, out var parsed).ShouldBeTrue();
        $"{parsed.Operation} {parsed.Format} {parsed.Side} {parsed.TemplateName}".ShouldBe(parts);
    }

    [Theory]
    [InlineData("")]
    [InlineData("$aws")]
    [InlineData("$aws/certificates/create")]
    [InlineData("$aws/certificates/create/xml")]
    [InlineData("$aws/certificates/create/JSON")]
    [InlineData("$aws/certificates/create/accepted")]
    [InlineData("$aws/certificates/create/json/")]
    [InlineData("$aws/certificates/create/json/accepted/")]
    [InlineData("$aws/certificates/create/json/other")]
    [InlineData("$aws/certificates/delete/json")]
    [InlineData("$aws/provisioning-templates//provision/json")]
    [InlineData("$aws/provisioning-templates/a/b/provision/json")]
    [InlineData("$aws/provisioning-templates/a/provision/accepted")]
    [InlineData("$aws/things/a/shadow/get")]
    [InlineData("aws/certificates/create/json")]
    public void Anything_else_is_not(string topic) => ReservedTopics.TryParse(topic, out _).ShouldBeFalse();

    [Theory] // aws-protocol 1.2, 1.8
    [InlineData("$aws/certificates/create/json/accepted", true)]
    [InlineData("$aws/certificates/create/json/+", true)]
    [InlineData("$aws/certificates/create/+/accepted", true)]
    [InlineData("$aws/certificates/+/+/+", true)]
    [InlineData("$aws/certificates/create/#", true)]
    [InlineData("$aws/certificates/create/json/#", true)]
    [InlineData("$aws/#", true)]
    [InlineData("$aws/provisioning-templates/t/provision/json/rejected", true)]
    [InlineData("$aws/provisioning-templates/+/provision/json/+", true)]
    [InlineData("$aws/provisioning-templates/t/#", true)]
    [InlineData("$aws/certificates/create/json", false)]
    [InlineData("$aws/certificates/create/+", false)]
    [InlineData("$aws/certificates/create/accepted", false)]
    [InlineData("$aws/provisioning-templates/t/provision/json", false)]
    [InlineData("$aws/provisioning-templates/t/provision/accepted", false)]
    [InlineData("$aws/provisioning-templates//provision/json/accepted", false)]
    [InlineData("$aws/certificates/create/json/accepted/more", false)]
    [InlineData("$aws/certificates/create/xml/accepted", false)]
    [InlineData("$aws/things/#", false)]
    [InlineData("$SYS/#", false)]
    [InlineData("$aws/events/presence/connected/+", false)]
    public void Only_filters_that_select_answers_make_sense(string filter, bool does) => ReservedTopics.SelectsAnswers(filter).ShouldBe(does);

    [Theory]
    [InlineData("a", true)]
    [InlineData("Sensor_v2-x", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("../x", false)]
    [InlineData("é", false)]
    [InlineData("0123456789012345678901234567890123456", false)]
    public void Template_names_are_plain(string name, bool valid) => ReservedTopics.IsTemplateName(name).ShouldBe(valid);
}
