using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FleetPlatform.CertificateAuthority.Tests.Issuers;
using FleetPlatform.Pki;

namespace FleetPlatform.CertificateAuthority.Tests.Keys;

/// <summary>One token for all tests: the module inside this process is opened once.</summary>
public sealed class SoftToken : IDisposable
{
    public const string Pin = "canary-pin-4711";
    public const string Module = "/usr/lib/softhsm/libsofthsm2.so";

    readonly string _folder = Directory.CreateTempSubdirectory("token-tests-").FullName;

    public SoftToken()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "tokens"));
        File.WriteAllText(Path.Combine(_folder, "softhsm2.conf"), $"directories.tokendir = {_folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");
        // For the module inside this process: the C library's own environment is what it reads.
        SetEnvironment("SOFTHSM2_CONF", Path.Combine(_folder, "softhsm2.conf"));
        SetEnvironment("PKCS11_MODULE_PATH", Module);
        Run("softhsm2-util", "--init-token", "--free", "--label", "fleet", "--pin", Pin, "--so-pin", "so-pin-0815");
    }

    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, output + errors.Result);
    }

    static void SetEnvironment(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        SetNative(name, value, 1).ShouldBe(0);
    }

    [DllImport("libc", EntryPoint = "setenv"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SetNative(string name, string value, int overwrite);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>An authority whose key is on a PKCS#11 token: SoftHSM2, through OpenSSL's engine.</summary>
public sealed class TokenKeyStoreTests : IClassFixture<SoftToken>
{
    const string Pin = SoftToken.Pin;

    [Theory]
    [InlineData("EC:prime256v1", "ecdsa-with-SHA256"), InlineData("EC:secp384r1", "ecdsa-with-SHA384"), InlineData("rsa:2048", "sha256WithRSAEncryption")]
    public async Task An_authority_signs_with_a_key_that_never_leaves_its_token(string kind, string algorithm)
    {
        var label = kind.Replace(':', '-');
        SoftToken.Run("pkcs11-tool", "--module", SoftToken.Module, "--login", "--pin", Pin, "--token-label", "fleet", "--keypairgen", "--key-type", kind, "--label", label, "--id", Convert.ToHexString(RandomNumberGenerator.GetBytes(4)), "--sensitive");
        var uri = $"pkcs11:token=fleet;object={label}";
        await using var authority = await TestAuthority.Start(folder =>
            new() { DataDirectory = folder, KeyPassphrase = TestAuthority.Passphrase, RsaPoolSize = 0, TokenPin = Pin });

        var id = await RollOverTests.Install(authority, token: uri);
        await RollOverTests.Assign(authority, id);
        var answer = await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr()));

        RollOverTests.Verify(authority, authority.Ring.Find(id)!, answer.CertificatePem!).ShouldContain(algorithm);
        Directory.GetFiles(authority.Options.DataDirectory, "*", SearchOption.AllDirectories).ShouldNotContain(file => file.Contains(id, StringComparison.Ordinal));
        (await authority.Scalar<long>($"select count(*) from mt_events where data::text like '%{Pin}%'")).ShouldBe(0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async n => (await authority.Handle(TestAuthority.Asking(TestAuthority.ACsr($"SN-{n}")))).Refused.ShouldBeNull()));
    }

    [Fact]
    public void A_wrong_pin_or_a_missing_key_is_told_without_the_pin()
    {
        using var printed = new StandardError(); // OpenSSL's engine writes there by itself
        foreach (var (uri, pin) in new[] { ("pkcs11:token=fleet;object=nobody", Pin), ("pkcs11:token=nowhere;object=nobody", "wrong-canary") })
        {
            var failure = Should.Throw<CryptographicException>(() => TokenIssuerKey.Open(uri, pin));
            failure.ToString().ShouldNotContain("canary");
            failure.Message.ShouldContain(uri);
        }

        printed.Read().ShouldContain("object=nobody");
        printed.Read().ShouldNotContain("canary");
        Should.Throw<ArgumentException>(() => TokenIssuerKey.Open("pkcs11:token=fleet;object=x?pin-value=1", Pin));
    }

    /// <summary>What native code in this process writes to its standard error.</summary>
    sealed class StandardError : IDisposable
    {
        readonly string _path = Path.GetTempFileName();
        readonly int _before;

        public StandardError()
        {
            using var file = File.OpenHandle(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            _before = Duplicate(2);
            _ = DuplicateTo((int)file.DangerousGetHandle(), 2);
        }

        public string Read()
        {
            using var file = new StreamReader(new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return file.ReadToEnd();
        }

        public void Dispose()
        {
            _ = DuplicateTo(_before, 2);
            _ = Close(_before);
            File.Delete(_path);
        }

        [DllImport("libc", EntryPoint = "dup"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        static extern int Duplicate(int descriptor);

        [DllImport("libc", EntryPoint = "dup2"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        static extern int DuplicateTo(int descriptor, int to);

        [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        static extern int Close(int descriptor);
    }
}
