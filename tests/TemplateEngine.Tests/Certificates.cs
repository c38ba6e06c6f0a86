namespace FleetPlatform.TemplateEngine.Tests;

static class Certificates
{
    public static string Id { get; } = new('c', 64);
    public static string ClaimId { get; } = new('a', 64);
}
