using System.Security.Cryptography.X509Certificates;

namespace SimulationManager.Replay;

/// <summary>Settings of what agents publish through.</summary>
public sealed class SinkOptions
{
    /// <summary>The name of their section in configuration.</summary>
    public const string Section = "Sinks";

    /// <summary>Credentials by the name that endpoints refer to.</summary>
    public Dictionary<string, SinkCredentials> Credentials { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>What a process shows a server to be let in. It is read when a connection is made, so that a file that was replaced counts from the next one.</summary>
public sealed class SinkCredentials
{
    /// <summary>The user's name; <c>{n}</c> (or <c>{n:000}</c>) is the agent's number, <c>{agent}</c> its name, <c>{simulation}</c> the simulation's number.</summary>
    public string? Username { get; set; }

    /// <summary>The password, as it is. Without a <see cref="Username"/>, a rosbridge server gets it as a bearer token.</summary>
    public string? Password { get; set; }

    /// <summary>Instead of <see cref="Password"/>: a pattern as <see cref="Username"/> is.</summary>
    public string? PasswordPattern { get; set; }

    /// <summary>A file with a line <c>user:password</c> for each agent, in the order of their numbers; agents beyond its end begin at its start again.</summary>
    public string? ListFile { get; set; }

    /// <summary>A PEM file with the certificates that the server's must go back to; null: those that the system trusts.</summary>
    public string? CaFile { get; set; }

    /// <summary>A PEM file with the client's certificate.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with its key.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The credentials that an endpoint refers to; null: it refers to none.</summary>
    /// <exception cref="FormatException">They are not there.</exception>
    internal static SinkCredentials? Find(IReadOnlyDictionary<string, SinkCredentials> all, string? name) =>
        name is null ? null : all.GetValueOrDefault(name) ?? throw new FormatException($"the credentials '{name}' are not known to this worker (setting {SinkOptions.Section}:Credentials:{name})");

    /// <summary>The certificates that the server's must go back to; null: those that the system trusts.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It holds no certificates.</exception>
    internal X509Certificate2Collection? ReadAuthorities()
    {
        if (CaFile is null) return null;
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(CaFile);
        return trusted;
    }

    /// <summary>The client's certificate with its key; null: there is none.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is no certificate or key.</exception>
    internal X509Certificate2? ReadCertificate() => CertificateFile is null ? null : X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile ?? CertificateFile);

    /// <summary>The name and password of a connection that is no single agent's; null: it has none.</summary>
    /// <param name="simulation">The simulation's number.</param>
    /// <param name="client">What stands for the agent's name.</param>
    /// <exception cref="IOException">The list cannot be read.</exception>
    /// <exception cref="FormatException">The list or a pattern is not as described.</exception>
    internal (string Username, string Password)? OfShared(string simulation, string client) => ReadList()?[0] ?? Of(simulation, client, 1);

    /// <summary>The lines of <see cref="ListFile"/>; null: there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is not as described.</exception>
    internal (string Username, string Password)[]? ReadList()
    {
        if (ListFile is null) return null;
        var users = new List<(string, string)>();
        foreach (var (number, line) in File.ReadLines(ListFile).Index())
        {
            if (line.Length == 0) continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) throw new FormatException($"line {number + 1} of the list of credentials {ListFile} is not user:password");
            users.Add((line[..colon], line[(colon + 1)..]));
        }
        return users.Count > 0 ? [.. users] : throw new FormatException($"the list of credentials {ListFile} is empty");
    }

    /// <summary>The name and password of an agent; null: it has none.</summary>
    /// <param name="simulation">The simulation's number.</param>
    /// <param name="agent">The agent's name.</param>
    /// <param name="number">Its number.</param>
    /// <exception cref="FormatException">A pattern is not as described.</exception>
    internal (string Username, string Password)? Of(string simulation, string agent, long number)
    {
        if (Username is null) return null;
        var password = PasswordPattern is null ? Password : MqttTopics.Expand(PasswordPattern, simulation, agent, number);
        return (MqttTopics.Expand(Username, simulation, agent, number), password ?? "");
    }
}
