using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Minio;
using SimulationManager.Core.Storage;
using SimulationManager.LocalS3;
using SimulationManager.Tests.Servers;
using SimulationManager.Worker.Hosting;

namespace SimulationManager.Tests.Core;

/// <summary>What a service gets from <c>AddMinioClient</c>.</summary>
public sealed class MinioClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Endpoint=http://host:9000;AccessKey=a;SecretKey=b", "http://host:9000/", false)]
    [InlineData("Endpoint=https://host;AccessKey=a;SecretKey=b", "https://host/", true)]
    [InlineData("Endpoint=http://host:9000;AccessKey=a;SecretKey=b;UseSsl=true", "http://host:9000/", true)]
    public void Connection_string_is_read(string text, string endpoint, bool useSsl)
    {
        var connection = S3Connection.Read(Configuration(text), "s3");

        Assert.Equal(new S3Connection { Endpoint = new Uri(endpoint), AccessKey = "a", SecretKey = "b", UseSsl = useSsl }, connection);
    }

    [Theory]
    [InlineData(null, "ConnectionStrings:s3' has no Endpoint")]
    [InlineData("Endpoint=host;AccessKey=a;SecretKey=b", "The Endpoint in 'ConnectionStrings:s3' is no address")]
    [InlineData("Endpoint=http://host:9000;AccessKey=a", "ConnectionStrings:s3' has no SecretKey")]
    public void Connection_string_that_lacks_something_is_named(string? text, string message)
    {
        var error = Assert.Throws<InvalidOperationException>(() => S3Connection.Read(Configuration(text), "s3"));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_lists_buckets_and_the_health_check_tells_when_the_server_is_away()
    {
        using var folder = new TestFolder();
        var port = FreePorts.Draw();
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration["ConnectionStrings:s3"] = $"Endpoint=http://127.0.0.1:{port};AccessKey=someone;SecretKey=password1";
        builder.AddMinioClient("s3");
        using var host = builder.Build();
        await using (var server = SimulationManager.LocalS3.Program.Build(new S3ServerOptions { DataFolder = folder.Path, Port = port, AccessKey = "someone", SecretKey = "password1" }))
        {
            await server.StartAsync(Cancellation);

            Assert.Empty((await host.Services.GetRequiredService<IMinioClient>().ListBucketsAsync(Cancellation)).Buckets);
            Assert.Equal(HealthStatus.Healthy, await HealthAsync(host));
        }

        Assert.Equal(HealthStatus.Unhealthy, await HealthAsync(host));
    }

    private static ConfigurationManager Configuration(string? connectionString) => new() { ["ConnectionStrings:s3"] = connectionString };

    private static async Task<HealthStatus> HealthAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Entries["Minio"].Status;
}
