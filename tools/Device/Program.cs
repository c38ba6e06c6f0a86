using FleetPlatform.Device;
using FleetPlatform.Pki;

if (args is not ["provision" or "operate", .. var rest])
{
    Console.WriteLine(ProvisionArguments.Usage);
    return args is [] or ["--help"] or ["-h"] ? 0 : 2;
}

using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    interrupted.Cancel();
};

try
{
    var arguments = ProvisionArguments.Parse(rest);
    var store = new FileCredentialStore(arguments.Store);
    if (arguments.Claim() is { } claim) store.StoreClaim(claim);

    var device = new ReferenceDevice(arguments.Options(), store, new ConsoleSteps());
    var isOperating = args[0] == "operate";
    if (!isOperating || store.ReadClaim() is not null || store.ReadIdentity() is null)
    {
        var identity = await device.Provision(interrupted.Token);
        Console.WriteLine($"Provisioned: certificate {identity.CertificateId}{(identity.ThingName is { } thing ? $", thing {thing}" : "")}");
        foreach (var (name, value) in identity.Configuration) Console.WriteLine($"  {name} = {value}");
    }

    if (isOperating) await device.Operate(connection => Console.WriteLine($"Connected: certificate {store.ReadDevice()?.CertificateId}, client id {connection.ClientId}"), interrupted.Token);
    return 0;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n\n{ProvisionArguments.Usage}");
    return 2;
}
catch (ProvisioningException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
catch (Exception unreadable) when (unreadable is PkiException or IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
{
    Console.Error.WriteLine(unreadable.Message);
    return 1;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Interrupted. Run it again: it goes on where it was.");
    return 130;
}
