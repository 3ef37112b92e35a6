using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace CommunityToolkit.Aspire.Minio.Client;

/// <summary>How an S3 client connects. Configuration: <c>Aspire:Minio:Client</c>.</summary>
public sealed class MinioClientSettings
{
    /// <summary>Lifetime of the client; there is one for all unless told otherwise.</summary>
    [SuppressMessage("Design", "CA1051", Justification = "The official type has a field here.")]
    public ServiceLifetime ServiceLifetime = ServiceLifetime.Singleton;

    /// <summary>Address of the server.</summary>
    public Uri? Endpoint { get; set; }

    public MinioCredentials? Credentials { get; set; }

    /// <summary>True: TLS, whatever the endpoint's scheme is.</summary>
    public bool UseSsl { get; set; }

    public HeaderAppInformation? UserAgentHeaderInfo { get; set; }

    /// <summary>True: the client writes its requests to the console.</summary>
    public bool SetTraceOn { get; set; }

    /// <summary>Takes over what a connection string (<c>Endpoint=…;AccessKey=…;SecretKey=…</c>, or just a URL) says.</summary>
    internal void ParseConnectionString(string connectionString)
    {
        if (Uri.TryCreate(connectionString, UriKind.Absolute, out var address))
        {
            Endpoint = address;
            return;
        }
        var parts = new DbConnectionStringBuilder { ConnectionString = connectionString };
        if (Text("Endpoint") is { } endpoint && Uri.TryCreate(endpoint, UriKind.Absolute, out var uri))
            Endpoint = uri;
        if ((Text("UseSsl") ?? Text("Ssl")) is { } ssl && bool.TryParse(ssl, out var useSsl))
            UseSsl = useSsl;
        if (Text("AccessKey") is { } accessKey && Text("SecretKey") is { } secretKey)
            Credentials = new() { AccessKey = accessKey, SecretKey = secretKey };

        string? Text(string key) => parts.TryGetValue(key, out var value) && value.ToString() is { Length: > 0 } text ? text : null;
    }
}

/// <summary>Keys of an S3 account.</summary>
public class MinioCredentials
{
    public string AccessKey { get; set; } = "";

    public string SecretKey { get; set; } = "";
}

/// <summary>What the client calls itself to the server.</summary>
public class HeaderAppInformation
{
    public string AppName { get; set; } = "CommunityToolkit.Aspire.Minio.Client";

    public string AppVersion { get; set; } = "1.0";
}
