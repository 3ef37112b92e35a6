using Microsoft.EntityFrameworkCore;
using Minio;
using SimulationManager.Core.Data;
using StackExchange.Redis;

namespace SimulationManager.Worker.Hosting;

/// <summary>PostgreSQL, Redis and S3 by their connection strings.</summary>
internal static class BackingServices
{
    public static void AddBackingServices(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        builder.Services.AddDbContextPool<RobotDbContext>(options => RobotDbContextOptions.Configure(
            options.UseNpgsql(configuration.GetConnectionString("robotdb"), npgsql => npgsql.EnableRetryOnFailure())));
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ =>
        {
            var options = ConfigurationOptions.Parse(configuration.GetConnectionString("redis")!);
            options.AbortOnConnectFail = false;
            return ConnectionMultiplexer.Connect(options);
        });
        builder.Services.AddSingleton(_ =>
        {
            var parts = configuration.GetConnectionString("minio")!.Split(';', StringSplitOptions.RemoveEmptyEntries)
                .Select(part => part.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            var endpoint = new Uri(parts["Endpoint"]);
            return new MinioClient().WithEndpoint(endpoint.Authority).WithCredentials(parts["AccessKey"], parts["SecretKey"])
                .WithSSL(endpoint.Scheme == Uri.UriSchemeHttps).Build();
        });
    }
}
