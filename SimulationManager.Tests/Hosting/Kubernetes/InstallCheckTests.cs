namespace SimulationManager.Tests.Hosting.Kubernetes;

/// <summary>Each check at the end of <c>deploy/install.sh</c> fails when what it looks at does not work.</summary>
[Trait("Length", "Long")]
public sealed class InstallCheckTests
{
    private const string Script = "deploy/install.sh";

    [Theory]
    [InlineData("PostgreSQL does not accept its own password", "FAKE_POSTGRES", "wrong-password")]
    [InlineData("PostgreSQL does not accept its own password", "FAKE_POSTGRES", "0")]
    [InlineData("PostgreSQL does not accept its own password", "FAIL_ON", "exec -n robot statefulset/postgres")]
    [InlineData("WRONGPASS invalid username-password pair", "FAKE_REDIS", "wrong-password")]
    [InlineData("Redis does not accept its own password, or does not answer", "FAIL_ON", "exec -n robot statefulset/redis")]
    [InlineData("service minio cannot be reached through the cluster: error: unable to forward port", "FAKE_FORWARD", "refused")]
    [InlineData("service minio cannot be reached through the cluster", "FAKE_FORWARD", "silent")]
    [InlineData("MinIO is not ready (HTTP 503)", "FAKE_STORE", "503")]
    [InlineData("/minio/health/ready does not answer", "FAKE_SILENT", "/minio/health/ready")]
    [InlineData("the API is not healthy (HTTP 503): {\"message\":\"as the test asked\"}", "FAKE_HEALTH", "503")]
    [InlineData("/health does not answer", "FAKE_SILENT", "1/health")]
    [InlineData("the first admin could not be made (HTTP 500)", "FAKE_SIGNUP", "500")]
    [InlineData("sign-in failed (HTTP 500)", "FAKE_SIGNIN", "500")]
    [InlineData("the admin that was just made cannot sign in (HTTP 401)", "FAKE_SIGNIN", "401")]
    public async Task Check_fails_when_it_should(string message, string name, string value)
    {
        using var cluster = new FakeCluster();

        // A port that does answer may take its time on a busy machine.
        var result = await cluster.RunAsync(Script, settings: value == "silent" ? [(name, value), ("FORWARD_SECONDS", "1")] : [(name, value)]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("== Ready", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Password_that_the_admin_has_changed_is_no_failure()
    {
        using var cluster = await FakeCluster.InstalledAsync();

        var result = await cluster.RunAsync(Script, settings: ("FAKE_SIGNIN", "401"));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("The admin has changed the first password", result.Output, StringComparison.Ordinal);
    }
}
