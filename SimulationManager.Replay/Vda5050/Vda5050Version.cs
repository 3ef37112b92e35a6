namespace SimulationManager.Replay.Vda5050;

/// <summary>A release of VDA 5050 that vehicles speak.</summary>
public enum Vda5050Version
{
    /// <summary>2.1.0 of January 2025: topics below <c>v2</c>.</summary>
    V21,

    /// <summary>3.0.0 of 2026: topics below <c>v3</c>, other names for many fields and errors.</summary>
    V30,
}
