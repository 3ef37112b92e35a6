using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet.AspNetCore;

namespace SimulationManager.LocalMqtt;

/// <summary>An MQTT broker for machines without mosquitto: MQTTnet's server on the loopback address, for everybody on this machine.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        try
        {
            var app = Build(MqttBrokerOptions.Parse(arguments));
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

    /// <summary>
    /// MQTTnet behind Kestrel instead of its own listener: that one allocates what a packet's header announces, up to 256 MiB, before
    /// anything of it has arrived, and accepts any number of connections.
    /// </summary>
    internal static WebApplication Build(MqttBrokerOptions options)
    {
        // No appsettings or environment of whoever starts us: only what Parse read.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "LocalMqtt" });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .AddFilter(typeof(Program).Namespace, LogLevel.Information);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = options.MaxClients;
            kestrel.Listen(IPAddress.Loopback, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => PacketLimit.Before(next, options.MaxPacketBytes, listen.ApplicationServices.GetRequiredService<ILogger<PacketLimit>>())).UseMqtt();
            });
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
        builder.Services.AddSingleton(options).AddSingleton<MqttConnectionHandler>().AddSingleton<ClientConnections>().AddHostedService<MqttBroker>();
        return builder.Build();
    }
}
