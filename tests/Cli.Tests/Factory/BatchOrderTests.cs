using FleetPlatform.Cli.Factory;

namespace FleetPlatform.Cli.Tests.Factory;

public sealed class BatchOrderTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("fleet-order-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_format_gives_the_serial_numbers_of_a_line()
    {
        BatchOrder.Expand("SL{0:D9}", 998, 3).ShouldBe(["SL000000998", "SL000000999", "SL000001000"]);
        BatchOrder.Expand("{0:X4}-L1", 255, 2).ShouldBe(["00FF-L1", "0100-L1"]);
    }

    [Theory]
    [InlineData("SL"), InlineData("SL{0"), InlineData("{1}"), InlineData("a/{0}"), InlineData("../{0}"), InlineData("{0:C}"), InlineData("*{0}")]
    public void What_names_no_devices_or_two_alike_is_refused(string format) =>
        Should.Throw<CommandFailedException>(() => BatchOrder.Expand(format, 1, 2));

    [Fact]
    public void A_folder_keeps_to_its_order_and_its_batch()
    {
        var first = Order("a").Settle(_folder);

        Order("b").Settle(_folder).Batch.ShouldBe(first.Batch);
        Should.Throw<CommandFailedException>(() => (Order("c") with { Serials = ["SL2"] }).Settle(_folder)).Message.ShouldContain("another batch");
        BatchOrder.Read(_folder).Registration.Policies.ShouldBe(["p"]);
    }

    [Fact]
    public void A_folder_holds_a_batch_or_an_import()
    {
        Order("a").Settle(_folder);
        var import = new ImportOrder { Batch = "b", Registration = new() };

        Should.Throw<CommandFailedException>(() => import.Settle(_folder)).Message.ShouldContain("batch.json");
        File.Delete(Path.Combine(_folder, BatchOrder.File));
        import.Settle(_folder);
        (import with { Batch = "c" }).Settle(_folder).Batch.ShouldBe("b");
        Should.Throw<CommandFailedException>(() => (import with { RequireAuthority = true }).Settle(_folder)).Message.ShouldContain("another batch");
        Should.Throw<CommandFailedException>(() => Order("d").Settle(_folder)).Message.ShouldContain("import.json");
    }

    static BatchOrder Order(string batch) => new() { Batch = batch, Serials = ["SL1"], Registration = new() { Policies = ["p"] }, Key = KeyType.P256 };
}
