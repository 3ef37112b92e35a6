using System.Net;
using SimulationManager.LocalS3.Http;
using SimulationManager.LocalS3.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SimulationManager.LocalS3;

/// <summary>A small S3 server for machines without MinIO: one user, one folder, everything that the S3 clients of this repo call.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        try
        {
            var options = S3ServerOptions.Parse(arguments, Environment.GetEnvironmentVariable);
            var app = Build(options);
            await using (app.ConfigureAwait(false))
                await app.RunAsync().ConfigureAwait(false);
            return 0;
        }
        catch (Exception mistake) when (mistake is FormatException or IOException)
        {
            await Console.Error.WriteLineAsync($"error: {mistake.Message}").ConfigureAwait(false);
            return 2;
        }
    }

    internal static WebApplication Build(S3ServerOptions options)
    {
        Directory.CreateDirectory(options.DataFolder);
        var store = new BucketStore(options.DataFolder, TimeProvider.System);

        // No appsettings or environment of whoever starts us: only what Parse read.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "LocalS3", ContentRootPath = options.DataFolder });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(IPAddress.Parse(options.Address), options.Port);
            if (options.ConsolePort is { } console)
                kestrel.Listen(IPAddress.Parse(options.Address), console);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        builder.Services.AddSingleton(options).AddSingleton(TimeProvider.System).AddSingleton(_ => store).AddSingleton<S3Service>();

        var app = builder.Build();
        var service = app.Services.GetRequiredService<S3Service>();
        app.Run(context => context.Connection.LocalPort == options.ConsolePort
            ? context.Response.WriteAsync("This S3 server has no console. Use any S3 client with the access key and secret key of this resource.")
            : service.ServeAsync(context));
        return app;
    }
}
