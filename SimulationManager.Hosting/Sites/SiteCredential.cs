namespace SimulationManager.Hosting.Sites;

/// <summary>A value of a site's login: a parameter of the AppHost, a key of the site's Secret, a variable of the workers.</summary>
/// <param name="Site">Name of the site.</param>
/// <param name="Key">Key of the Secret.</param>
/// <param name="Setting">What the workers call it.</param>
/// <param name="Meaning">What a person who is to give it reads.</param>
internal sealed record SiteCredential(string Site, string Key, string Setting, string Meaning)
{
    /// <summary>Name of the parameter.</summary>
    public string Parameter => $"site-{Site}-{Key}";

    /// <summary>Name of the Secret. Each site has its own: one that is there is never changed, so that a site can be added.</summary>
    public string Secret => $"site-{Site}";

    /// <summary>The workers' variable.</summary>
    public string Variable => VariableOf(Site, Setting);

    /// <summary>The values of a site.</summary>
    public static IReadOnlyList<SiteCredential> Of(string site) =>
    [
        new(site, "username", "Username", $"user name at the brokers of {site}"),
        new(site, "password", "Password", $"password at the brokers of {site}"),
    ];

    /// <summary>The variable that sets <c>Sinks:Credentials:…</c> of the workers.</summary>
    public static string VariableOf(string site, string setting) => $"Sinks__Credentials__{site}__{setting}";
}

/// <summary>A PEM file of a site, mounted into the workers from a Secret that a person makes.</summary>
internal static class SiteCertificate
{
    /// <summary>Certificates of the authorities that the site's brokers are checked against.</summary>
    public const string Authority = "ca.crt";

    /// <summary>The client certificate.</summary>
    public const string Certificate = "tls.crt";

    /// <summary>Its private key.</summary>
    public const string Key = "tls.key";

    /// <summary>The folder of a site's files.</summary>
    public static string FolderOf(string site) => $"/etc/sinks/{site}";

    /// <summary>The Secret with a site's files.</summary>
    public static string SecretOf(string site) => $"site-{site}-tls";

    /// <summary>What the workers call a file.</summary>
    public static string SettingOf(string file) => file switch
    {
        Authority => "CaFile",
        Certificate => "CertificateFile",
        _ => "KeyFile",
    };
}
