using FleetPlatform.Cli.Factory;

namespace FleetPlatform.Cli.Tests.Factory;

public sealed class VendorFileTests : IDisposable
{
    readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("SL1\nSL2\n")]
    [InlineData("SL1\r\n\r\n SL2")]
    [InlineData("\uFEFFbox,Serial\n1,SL1\n2,\"SL2\"\n")]
    [InlineData("Serial Number;MAC\nSL1;aa\nSL2;bb")]
    [InlineData("""["SL1", "SL2"]""")]
    [InlineData("""[{"serial": "SL1", "mac": 1}, {"SerialNumber": "SL2"}]""")]
    public void Serial_numbers_come_in_the_forms_that_vendors_write(string text)
    {
        File.WriteAllText(_path, text);
        SerialNumbers.Read(_path).ShouldBe(["SL1", "SL2"]);
    }

    [Theory]
    [InlineData("[1, 2]"), InlineData("""[{"mac": "x"}]"""), InlineData("[")]
    public void Other_json_is_refused_with_an_example(string text)
    {
        File.WriteAllText(_path, text);
        Should.Throw<CommandFailedException>(() => SerialNumbers.Read(_path)).Remedy.ShouldContain("serial");
    }

    [Fact]
    public void Of_several_columns_one_must_say_that_it_is_the_serial_number()
    {
        File.WriteAllText(_path, "number,mac\nSL1,aa\n");

        var refused = Should.Throw<CommandFailedException>(() => SerialNumbers.Read(_path));
        refused.Message.ShouldContain("the columns number, mac");
        refused.Remedy.ShouldContain("serial, serialnumber");
    }

    [Fact]
    public void Quoted_fields_keep_separators_quotes_and_lines() =>
        Csv.Read("a,b\n\"1,\"\"2\"\"\",\"x\ny\"\n").ShouldBe([["a", "b"], ["1,\"2\"", "x\ny"]]);

    [Theory]
    [InlineData("0x6000", 0x6000), InlineData("24K", 24 * 1024), InlineData("12288", 12288)]
    public void A_partition_has_the_size_of_the_partition_table(string text, int bytes) => DeviceFormats.ReadSize(text).ShouldBe(bytes);

    [Theory]
    [InlineData("0x2000"), InlineData("5000"), InlineData("16M"), InlineData("99999999K"), InlineData("-4096")]
    public void Any_other_size_is_refused(string text) => Should.Throw<CommandFailedException>(() => DeviceFormats.ReadSize(text));
}
